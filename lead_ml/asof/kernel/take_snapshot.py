"""Taking the history snapshot of a plan: the rows that later questions may still need, scanned once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.history_snapshot import HistorySnapshot
from lead_ml.asof.kernel.plan import Plan
from lead_ml.asof.kernel.program import DISTINCT, FIRST_TEXT, GAP, LAST_TEXT, NEVER, UNSEEN, Base, Snapshots
from lead_ml.asof.kernel.rows import StreamRows, collect, lead_keys, no_rows
from lead_ml.asof.kernel.run import walked
from lead_ml.asof.kernel.stored import stored_of
from lead_ml.asof.kernel.stream import in_order, lay_out, no_base, tie_breakers
from lead_ml.tables.dataset import Coded, Codes, Dataset, Floats, Indices

_NONE = np.empty(0, dtype=np.int64)


def take_snapshot(plan: Plan, dataset: Dataset, until: int) -> HistorySnapshot:
    """Take a snapshot of the history of every key of `plan` known strictly before `until` (microseconds UTC).

    The result depends on the content of the rows only, never on their order in the dataset.

    Raises
    ------
    InputError
        Where a row is known before it occurred, or values add up to more than fits.
    """
    stored = stored_of(dataset)
    if stored is not None and plan.stream == "events":
        return stored.history_snapshot(plan, dataset, until)
    leads = lead_keys(plan, dataset)
    rows = collect(plan, dataset, leads)
    supplied = rows is not None
    rows = no_rows(plan) if rows is None else rows.take(rows.known < until)
    keys = by_text(Coded(rows.key.astype(np.int32), leads.levels))
    rows = _with_key(rows, keys.codes)
    base = _scanned(plan, rows, keys, until)
    rows = still_needed(plan, rows, until)
    texts = [by_text(text, shown_codes(plan, base, k)) for k, text in enumerate(rows.texts)]
    for k, text in enumerate(rows.texts):
        recode_shown(plan, base, k, text, texts[k])
    codes = np.empty((len(texts), len(rows)), dtype=np.int32)
    for k, text in enumerate(texts):
        codes[k] = text.codes
    counts = np.bincount(rows.key, minlength=len(keys.levels) + 1)
    return HistorySnapshot(
        plan_digest=plan.digest,
        until=int(until),
        supplied=supplied,
        keys=tuple(keys.levels),
        offsets=np.append(0, np.cumsum(counts)),
        occurred=rows.occurred,
        passes=rows.passes,
        values=rows.values,
        codes=codes,
        levels=tuple(tuple(text.levels) for text in texts),
        base=base,
    )


def _scanned(plan: Plan, rows: StreamRows, keys: Coded, until: int) -> Base:
    """Walk every key to `until` and return the state of its all-time features, and that of a key never seen."""
    count = len(keys.levels)
    nothing = np.zeros(count, dtype=np.int64)
    rows = in_order(plan, rows)
    stream = lay_out(plan, keys, rows, carried=nothing, base=no_base(plan))
    end = Base(np.tile(plan.program.start, (count + 1, 1)), np.zeros((count + 1, len(plan.program.start))))
    out: Floats = np.empty((len(plan.features), count))
    spine = Snapshots(np.arange(count), np.full(count, until, dtype=np.int64))
    walked(plan, stream, spine, out=out, end=end)
    # The rows in the snapshot distinguish the values again.
    end.whole[:, plan.program.operations[plan.ever] == DISTINCT] = 0
    return end


def still_needed(plan: Plan, rows: StreamRows, until: int) -> StreamRows:
    """Return the rows, by key and occurrence, that features as of `until` or later may still count one by one."""
    texts = tuple(by_text(text) for text in rows.texts)
    contents = [*(text.codes for text in texts), *rows.values, rows.passes]
    if plan.shown_columns:
        # Of two rows at one instant these decide which text is the first or the last.
        contents += [*tie_breakers(plan, rows), rows.known]
    rows = rows.take(np.lexsort((*contents, rows.occurred, rows.key)))
    program = plan.program
    # A late record may split a gap of any age.
    all_needed = bool((program.operations[plan.ever] == GAP).any())
    needed = np.full(len(rows), all_needed)
    if plan.longest_window and not all_needed:
        needed = rows.occurred >= until - plan.longest_window
    for f in plan.ever[program.operations[plan.ever] == DISTINCT]:
        codes = rows.texts[program.columns[f]].codes
        distinguishing = np.flatnonzero((rows.passes & program.filters[f] != 0) & (codes >= 0))
        _, first = np.unique(rows.key[distinguishing] << 32 | codes[distinguishing], return_index=True)
        needed[distinguishing[first]] = True
    return rows.take(needed)


def by_text(text: Coded, also: Indices = _NONE) -> Coded:
    """Renumber so that the levels are those used, or named in `also`, in ascending order."""
    used = np.unique(np.append(text.codes[text.codes >= 0], also)).tolist()
    used.sort(key=text.levels.__getitem__)
    table = np.full(len(text.levels) + 1, -1, dtype=np.int32)
    table[used] = np.arange(len(used))
    return Coded(table[text.codes], tuple(text.levels[code] for code in used))


def shown_places(plan: Plan, base: Base, k: int) -> npt.NDArray[np.bool_]:
    """Return where the base (K + 1, A) holds codes of text column `k`."""
    operations, columns = plan.program.operations[plan.ever], plan.program.columns[plan.ever]
    column = k - len(plan.distinct_columns)
    shows = np.isin(operations, (FIRST_TEXT, LAST_TEXT)) & (columns == column)
    return np.asarray(shows & (base.whole != NEVER) & (base.whole != UNSEEN))


def shown_codes(plan: Plan, base: Base, k: int) -> Indices:
    """Return the codes of text column `k` that the base shows."""
    return base.decayed[shown_places(plan, base, k)].astype(np.int64)


def recode_shown(plan: Plan, base: Base, k: int, old: Coded, new: Coded) -> None:
    """Change the codes of text column `k` that the base shows to those of the new levels."""
    places = shown_places(plan, base, k)
    code_of = {text: float(code) for code, text in enumerate(new.levels)}
    codes = base.decayed[places].astype(np.int64).tolist()
    base.decayed[places] = [code_of[old.levels[code]] for code in codes]


def _with_key(rows: StreamRows, key: Codes) -> StreamRows:
    return StreamRows(
        key.astype(np.int64), rows.known, rows.occurred, rows.passes, rows.values, rows.texts, rows.event_id
    )
