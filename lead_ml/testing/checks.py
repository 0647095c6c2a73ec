"""The contract of every declared feature, as assertions that name the feature and the two values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lead_ml.asof.join import Compiled, features_at, shared_plans
from lead_ml.asof.kernel import take_snapshot
from lead_ml.asof.labels import Spine
from lead_ml.asof.matrix import RawColumns
from lead_ml.declare import MICROSECONDS_PER_DAY, Aggregate, Declaration, is_category, reads_clock
from lead_ml.tables.dataset import Coded, Dataset
from lead_ml.tables.instants import iso
from lead_ml.testing.change import one_lead, shifted, shuffled, with_later_altered
from lead_ml.testing.sample import sample_dataset

ALONE = 20  # snapshots that are also computed one at a time
EMPTY_IS_ZERO = ("count", "sum", "distinct", "active_days", "trend", "decayed_sum")
SHIFT = 400 * MICROSECONDS_PER_DAY + 12_345_678_901


def check_features(
    declarations: Sequence[Declaration], dataset: Dataset | None = None, *, seed: int = 7, leads: int = 200
) -> None:
    """Check that declared features keep the contract of point-in-time features.

    - What becomes known at or after ``as_of`` changes nothing, whether it is an event, an outcome, a change of a column or of a key,
      or a row of third-party data.
    - Shifting all timestamps changes nothing, except for features that read the clock.
    - The order of rows changes nothing.
    - Features computed all at once equal those computed one at a time, also from the history in a bundle.
    - A lead without events has values of the declared types.
    - Inputs are not mutated.

    All comparisons are exact.

    Parameters
    ----------
    declarations
        Validated declarations, as ``load_project(root).declarations``.
    dataset
        Data to check with. Default: drawn at random to fit the declarations.
    seed
        Seed of that draw and of the alterations.
    leads
        Number of leads drawn, or used of `dataset`.

    Raises
    ------
    AssertionError
        With the name of the feature, the rule, the lead and the two values.

    Examples
    --------
    >>> from lead_ml.declare import lead_age
    >>> check_features([lead_age(group="fit")], leads=20)
    """
    data = sample_dataset(declarations, seed=seed, leads=leads) if dataset is None else dataset
    rng = np.random.default_rng(seed)
    before = _frozen(data)
    for spine in _spines(data, rng, leads):
        _check_times(declarations, data, spine, rng)
        _check_rows(declarations, data, spine, rng)
        _check_kept(declarations, data, spine, rng)
    _check_types(declarations, data, rng, leads)
    for name, array in _frozen(data).items():
        assert array == before[name], f"{name} of the data set was mutated while features were computed"


def _check_times(
    declarations: Sequence[Declaration], data: Dataset, spine: Spine, rng: np.random.Generator
) -> None:
    expected = features_at(declarations, data, spine)
    cut = int(spine.as_of[0])
    if data.leads.created_at is not None:
        for claim, other in (
            ("records known at or after as_of were removed", data.as_known(cut)),
            ("records known at or after as_of were altered", with_later_altered(data, cut, rng)),
        ):
            _compare(claim, expected, features_at(declarations, other, spine), data, spine)
    moved = Spine(spine.lead, spine.as_of + SHIFT)
    found = features_at(declarations, shifted(data, SHIFT), moved)
    timeless = {item.name: expected[item.name] for item in declarations if not reads_clock(item)}
    _compare("all instants were shifted alike", timeless, found, data, spine)


def _check_rows(
    declarations: Sequence[Declaration], data: Dataset, spine: Spine, rng: np.random.Generator
) -> None:
    expected = features_at(declarations, data, spine)
    other, renumbered = shuffled(data, spine, rng)
    found = features_at(declarations, other, renumbered)
    _compare("rows were put in another order", expected, found, data, spine)
    for row in _some(len(spine), rng):
        alone = spine.take(row)
        found = features_at(declarations, data, alone)
        _compare("the lead was computed alone", _take(expected, row), found, data, alone)


def _check_kept(
    declarations: Sequence[Declaration], data: Dataset, spine: Spine, rng: np.random.Generator
) -> None:
    cut = int(spine.as_of[0])
    compiled = Compiled.of(declarations)
    kept = {plan.name: take_snapshot(plan, data, cut) for plan in shared_plans(compiled.plans)}
    expected = features_at(compiled, data, spine)
    for row in _some(len(spine), rng):
        alone = spine.take(row)
        request = one_lead(data, int(alone.lead[0]), cut)
        here = Spine(np.zeros(1, dtype=np.int64), alone.as_of)
        found = features_at(compiled, request, here, reference=kept)
        _compare(
            "the lead came as a request with the history of a bundle",
            _take(expected, row),
            found,
            data,
            alone,
        )


def _check_types(
    declarations: Sequence[Declaration], data: Dataset, rng: np.random.Generator, leads: int
) -> None:
    spine = _at(data, data.until, rng, leads)
    none = None if data.events is None else data.events.take(np.zeros(len(data.events), dtype=bool))
    for events in [None] if none is None else [None, none]:
        silent = replace(data, events=events)
        found = features_at(declarations, silent, spine)
        for item in declarations:
            _check_type(item, found[item.name], len(spine))
            if isinstance(item, Aggregate) and item.stream == "events" and item.key == "lead_id":
                empty = 0.0 if events is not None and item.aggregation in EMPTY_IS_ZERO else np.nan
                what = "no events table" if events is None else "a lead without events"
                column = found[item.name]
                values = column.numbers(lambda _: 1.0) if isinstance(column, Coded) else np.asarray(column)
                wrong = values[~np.isin(values, empty) if empty == 0 else ~np.isnan(values)]
                assert not len(wrong), f"{item.name}: {what} must give {empty}, got {wrong[0]}"


def _check_type(item: Declaration, column: Any, rows: int) -> None:
    if is_category(item):
        ok = isinstance(column, Coded) and column.codes.dtype == np.int32
        expected = "coded text"
    else:
        ok = isinstance(column, np.ndarray) and column.dtype == np.float64
        expected = "float64"
    assert ok, f"{item.name}: expected {expected}, got {getattr(column, 'dtype', type(column).__name__)}"
    assert len(column) == rows, f"{item.name}: expected {rows} values, got {len(column)}"


def _spines(data: Dataset, rng: np.random.Generator, leads: int) -> Iterator[Spine]:
    """Yield snapshots at times at which something became known, where off-by-one errors show."""
    created = data.leads.created_at
    if created is None:
        yield _at(data, 0, rng, leads)
        return
    streams = [table.known_at for table in (data.events, data.outcomes) if table is not None]
    streams += [changes.at for changes in data.history.values()]
    streams += [table.rows.at for table in data.extra.values()]
    known = np.sort(np.concatenate([created, *streams]))
    for share in (0.35, 0.7):
        yield _at(data, int(known[int(share * (len(known) - 1))]), rng, leads)
    yield _at(data, data.until, rng, leads)


def _at(data: Dataset, as_of: int, rng: np.random.Generator, leads: int) -> Spine:
    created = data.leads.created_at
    there = np.arange(len(data.leads)) if created is None else np.flatnonzero(created <= as_of)
    chosen = np.sort(rng.choice(there, min(leads, len(there)), replace=False))
    moment = 0 if created is None else as_of
    return Spine(chosen.astype(np.int64), np.full(len(chosen), moment, dtype=np.int64))


def _some(rows: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    for row in rng.choice(rows, min(rows, ALONE), replace=False):
        yield np.array([row])


def _take(raw: RawColumns, rows: np.ndarray) -> RawColumns:
    return {name: c.take(rows) if isinstance(c, Coded) else c[rows] for name, c in raw.items()}


def _compare(claim: str, expected: RawColumns, found: RawColumns, data: Dataset, spine: Spine) -> None:
    for name, column in expected.items():
        first, second = _values(column), _values(found[name])
        for row, (before, after) in enumerate(zip(first, second, strict=True)):
            if before != after:
                lead = data.leads.lead_id[int(spine.lead[row])]
                raise AssertionError(
                    f"{name} changed when {claim}: {before!r} became {after!r} "
                    f"for lead {lead} at {iso(int(spine.as_of[row]))}"
                )


def _values(column: Any) -> list[Any]:
    values = column.values() if isinstance(column, Coded) else np.asarray(column).tolist()
    return ["missing" if value is None or value != value else value for value in values]  # noqa: PLR0124 (NaN)


def _frozen(data: Dataset) -> Mapping[str, bytes]:
    """Return the bytes of every array of a data set, by place."""
    found: dict[str, bytes] = {}
    for table in ("leads", "events", "outcomes"):
        content = getattr(data, table)
        for name, value in vars(content).items() if content is not None else ():
            parts = value.items() if name == "columns" else ((name, value),)
            for column, part in parts:
                array = part.codes if isinstance(part, Coded) else part
                if isinstance(array, np.ndarray):
                    found[f"{table}.{column}"] = array.tobytes()
    changing = {**data.history, **{name: table.rows for name, table in data.extra.items()}}
    for name, changes in changing.items():
        found[f"{name}.owner"], found[f"{name}.at"] = changes.owner.tobytes(), changes.at.tobytes()
        found |= {f"{name}.{text}": column.codes.tobytes() for text, column in changes.columns.items()}
    return found
