"""Keys that belong to nobody in particular: a switchboard, a shared mailbox."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lead_ml.tables.dataset import Coded

HUB_NAMES = 3  # a phone or e-mail under this many different names is a switchboard, not a person
HUB_LEADS = 10  # and so is one of this many leads where nobody gives a name


def is_hub(names: Coded | None, rows: Sequence[int]) -> bool:
    """Tell whether the leads of these rows, which share a key, are many people by their names."""
    named = [] if names is None else names.take(np.array(rows)).values()
    different = {" ".join(name.casefold().split()) for name in named if name is not None}
    return len(different) >= HUB_NAMES if different else len(rows) >= HUB_LEADS
