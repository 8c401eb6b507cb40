"""Events on their way into rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: columns of ``Batch.events``: the customer's row, the instant in ms, the id's form (``layout.ID_FORMS``) and two
#: words, the event's records and those in which its id goes on, whether it is an erasure, and the verdict: 0, or where
#: another content stands in the row under this id at this instant 1 to replace it, -1 to keep it
B_ROW, B_AT, B_FORM, B_ID, _, B_FIRST, B_END, B_REST, B_REST_END, B_ERASE, B_VERDICT = range(11)
EVENT_WIDTH = 11

#: columns of ``Batch.records``: kind and flags as in word 0 with an item's quantity above them, and words 3 and 4
#: (``layout``)
R_META, R_WORD3, R_WORD4 = range(3)


class Batch(NamedTuple):
    """Events as rows of numbers, and the records of all of them; behind these those in which ids go on, which are
    ``REST_WORDS`` words of text."""

    events: NDArray[np.int64]
    records: NDArray[np.int64]
