"""Leads that repeat an earlier one: the same e-mail address or phone number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from lead_ml.clean import normal_email, normal_phone
from lead_ml.tables.dataset import Coded, Instants, Mask

HUB_NAMES = 3  # a key under so many different names belongs to nobody in particular
HUB_LEADS = 10  # and so does one of so many leads where nobody gives a name
_KEYS = {"email": normal_email, "phone": normal_phone}


def repeats(created_at: Instants, columns: Mapping[str, Coded]) -> Mask | None:
    """Return which leads share a normalized e-mail address or phone number with an earlier one; None without such columns.

    Keys shared by three or more different names do not count, nor does role or shared data that nobody gives a name for.
    """
    present = {name: columns[name].map(normal) for name, normal in _KEYS.items() if name in columns}
    if not present:
        return None
    names = columns.get("name")
    names = None if names is None else names.map(lambda text: " ".join(text.casefold().split()))
    order = np.lexsort((np.arange(len(created_at)), created_at))
    found = np.zeros(len(created_at), dtype=bool)
    for key in present.values():
        members = defaultdict[int, list[int]](list)
        for row in order[key.codes[order] >= 0].tolist():
            members[int(key.codes[row])].append(row)
        for rows in members.values():
            if len(rows) > 1 and not _is_hub(names, rows):
                found[rows[1:]] = True
    return found


def _is_hub(names: Coded | None, rows: list[int]) -> bool:
    different = set() if names is None else {int(code) for code in names.codes[rows] if code >= 0}
    return len(different) >= HUB_NAMES if different else len(rows) >= HUB_LEADS
