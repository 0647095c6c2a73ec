"""Leads that repeat an earlier one: the same e-mail address or phone number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from lead_ml.clean import normal_email, normal_phone
from lead_ml.lead_data.hub import is_hub
from lead_ml.tables.dataset import Coded, Instants, Mask

_KEYS = {"email": normal_email, "phone": normal_phone}


def repeats(created_at: Instants, columns: Mapping[str, Coded]) -> Mask | None:
    """Return which leads share a normalized e-mail address or phone number with an earlier one; None without such columns.

    Keys shared by three or more different names do not count, nor does role or shared data that nobody gives a name for.
    """
    present = {name: columns[name].map(normal) for name, normal in _KEYS.items() if name in columns}
    if not present:
        return None
    names = columns.get("name")
    order = np.lexsort((np.arange(len(created_at)), created_at))
    found = np.zeros(len(created_at), dtype=bool)
    for key in present.values():
        members = defaultdict[int, list[int]](list)
        for row in order[key.codes[order] >= 0].tolist():
            members[int(key.codes[row])].append(row)
        for rows in members.values():
            if len(rows) > 1 and not is_hub(names, rows):
                found[rows[1:]] = True
    return found
