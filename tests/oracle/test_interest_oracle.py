"""The interest of random leads, against a plain reading of their events."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from naive_features import naive
from random_projects import EXAMPLES, HOUR, START, W, projects

from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Spine
from lead_ml.declare import interest

TAGS = {"first": {"page": "a"}, "calls": {"type": ("call", "form")}, "rest": {"page": ("b", "c")}}
ITEMS = [
    interest("own", TAGS, half_life="3h", **W),
    interest("of_account", TAGS, half_life="1h", by="account_id", **W),
]


@settings(max_examples=EXAMPLES, deadline=None)
@given(projects())
def test_the_interest_is_the_tag_of_the_largest_naive_weight(dataset) -> None:
    lead = np.repeat(np.arange(len(dataset.leads)), 2)
    as_of = np.tile([START + 7 * HOUR, START + 15 * HOUR], len(dataset.leads))
    found = features_at(ITEMS, dataset, Spine(lead, as_of))
    for item in ITEMS:
        weights = naive(item.of, dataset, lead, as_of)
        for tag, row in zip(found[item.name].values(), weights, strict=True):
            known = [0.0 if math.isnan(weight) else weight for weight in row]
            if tag is None:
                assert max(known) == 0.0
            else:
                place = item.tags.index(tag)
                assert known[place] > 0.0
                assert known[place] >= max(known) * (1 - 1e-12)
                assert not any(weight > known[place] * (1 + 1e-12) for weight in known[:place])
