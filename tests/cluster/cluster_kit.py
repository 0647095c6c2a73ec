"""Data that leaves nothing out: every aggregation, shared keys, keys that change, texts, ties, late records."""

from __future__ import annotations

import numpy as np

from lead_ml.asof.labels import Spine
from lead_ml.asof.matrix import RawColumns, widened
from lead_ml.declare import category, difference, events, lead_age, leads, outcomes, ratio, validated
from lead_ml.tables.dataset import Coded, Dataset
from lead_ml.testing import sample_dataset

W = {"en": "x", "zh": "x", "group": "engagement"}
CHANGING = ("account_id", "email")
HOUR = 3_600_000_000
_ALL, _VIEWS = events(), events(type="page_view")
DECLARED = validated(
    [
        category("industry", **W),
        category("account_id", **W),
        lead_age(group="fit"),
        _ALL.count("own", **W),
        _VIEWS.count("views_7d", window="7d", **W),
        _ALL.sum("value_30d", "value", window="30d", **W),
        _ALL.mean("mean_value", "value", **W),
        _ALL.max("most_14d", "value", window="14d", **W),
        _ALL.distinct("sessions", of="session_id", **W),
        _ALL.active_days("days", zone="Asia/Shanghai", **W),
        _ALL.days_since_first("first", **W),
        _VIEWS.days_since_last("last", **W),
        _ALL.decayed_sum("recent", half_life="3d", **W),
        _VIEWS.share("share_views", **W),
        _ALL.longest_gap("gap", **W),
        _ALL.trend("trend", window="7d", **W),
        _ALL.first("first_page", of="page", **W),
        _ALL.last("last_session", of="session_id", **W),
        ratio("views_per_event", _VIEWS.count("a", **W), _ALL.count("b", **W), **W),
        difference("views_before", _VIEWS.count("c", **W), _ALL.count("d", **W), **W),
        events(by="account_id").count("account_7d", window="7d", **W),
        events(by="account_id").distinct("account_people", of="lead_id", **W),
        events(by="account_id").last("account_session", of="session_id", **W),
        events(by="email:domain").decayed_sum("domain_recent", half_life="2d", of="value", **W),
        leads(by="account_id").days_since_first("account_age", **W),
        leads(by="source").count("source_30d", window="30d", **W),
        leads(by="source").last("source_industry", of="region", **W),
        leads(by="*").count("everyone_1d", window="1d", **W),
        outcomes(by="source", stage="won").sum("source_amount", "amount", **W),
        leads(by="source").conversion_rate("source_rate", within="20d", window="60d", strength=2, **W),
        leads(by="account_id").conversion_rate("account_rate", within="20d", window="60d", **W),
    ]
)


def sample(seed: int = 7, size: int = 60, *, moving: bool = True) -> tuple[Dataset, Spine]:
    """Draw a data set, and snapshots in any order, some of them twice."""
    dataset = sample_dataset(DECLARED, seed=seed, leads=size, history=CHANGING if moving else ())
    return dataset, asked(dataset, seed, 4 * size)


def asked(dataset: Dataset, seed: int, rows: int) -> Spine:
    rng = np.random.default_rng(seed)
    created = dataset.leads.created_at
    assert created is not None
    lead = rng.integers(0, len(created), rows)
    return Spine(lead, created[lead] + rng.integers(-24, 40 * 24, rows) * HOUR)


def differing(found: RawColumns, wanted: RawColumns) -> list[str]:
    """Return the features that are not equal to the last bit, levels of texts included."""
    assert list(found) == list(wanted)
    return [name for name, column in wanted.items() if not _equal(column, found[name])]


def _equal(one: object, other: object) -> bool:
    if isinstance(one, Coded):
        assert isinstance(other, Coded)
        return tuple(one.levels) == tuple(other.levels) and np.array_equal(one.codes, other.codes)
    assert isinstance(one, np.ndarray)
    assert isinstance(other, np.ndarray)
    return widened(one).tobytes() == widened(other).tobytes()
