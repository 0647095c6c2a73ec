"""A project small enough to reckon by hand: three leads, two accounts, one lead without."""

from __future__ import annotations

import numpy as np

from lead_ml.asof.kernel import compile_plans
from lead_ml.declare import MICROSECONDS_PER_DAY, events
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads

DAY = MICROSECONDS_PER_DAY
W = {"en": "x", "zh": "x", "group": "engagement"}


def days(*numbers: float):
    return np.array([round(number * DAY) for number in numbers], dtype=np.int64)


def project() -> Dataset:
    leads = Leads(("L0", "L1", "L2"), days(0, 2, 0), {"account_id": Coded.of(["A", "A", None])})
    happened = Events(
        lead=np.array([0, 1, 0, 2]),
        occurred_at=days(1, 1, 5, 3),
        known_at=days(1, 1, 8, 3),
        columns={"type": Coded.of(["view", "call", "view", "view"]), "page": Coded.of(["a", "b", "b", None])},
        value=np.array([1.5, np.nan, 2.25, 4.0]),
    )
    return Dataset(leads, happened)


def plan(by: str = "account_id"):
    return compile_plans(
        [
            events(by=by).count("events_all", **W),
            events(by=by, type="view").count("views_4d", window="4d", **W),
            events(by=by).sum("value_4d", "value", window="4d", **W),
            events(by=by).distinct("pages", "page", **W),
            events(by=by).days_since_last("days_since_last", **W),
            events(by=by).decayed_sum("decayed", of="value", half_life="1d", **W),
        ]
    )[0]
