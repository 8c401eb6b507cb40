"""Curves as pictures: events a second above, microseconds of CPU an event below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from streams.proofs.bench.measured import Curve
from streams.proofs.ground import ProofError

INSTALL = "pip install 'microseg[bench]'"


def check_drawing() -> None:
    """Raises ProofError where the library that draws is missing: before hours of measuring, not after them."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ProofError(f"pictures need one more package: {INSTALL}, or give --no-pictures") from error


def draw(curves: Sequence[Curve], folder: Path) -> list[Path]:
    """One SVG file a curve, the same for the same curve."""
    if not curves:
        return []
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "microseg"
    folder.mkdir(parents=True, exist_ok=True)
    return [_draw(curve, folder / f"growth-{curve.name}.svg") for curve in curves]


def _draw(curve: Curve, file: Path) -> Path:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    sizes = [point.size for point in curve.points]
    above.plot(sizes, [point.events_per_second for point in curve.points], marker="o")
    above.set_ylabel("events a second")
    below.plot(sizes, [point.cpu_us for point in curve.points], marker="o", label="all")
    below.plot(sizes, [point.checkpoint_us for point in curve.points], marker="o", label="rows for checkpoints")
    below.set_ylabel("µs of CPU an event")
    below.legend()
    for axes in (above, below):
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    above.yaxis.set_major_formatter("{x:,.0f}")
    below.set_xscale("log")
    below.set_xticks(sizes, [f"{size:,}" for size in sizes])
    below.minorticks_off()
    below.set_xlabel(curve.label)
    figure.savefig(file, format="svg", metadata={"Date": None})
    return file
