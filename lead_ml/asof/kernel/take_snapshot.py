"""Taking the history snapshot of a plan: the rows that later questions may still need, scanned once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lead_ml.asof.kernel.history_snapshot import HistorySnapshot
from lead_ml.asof.kernel.order import offsets_of
from lead_ml.asof.kernel.plan import Plan
from lead_ml.asof.kernel.program import DISTINCT, FIRST_TEXT, GAP, LAST_TEXT, NEVER, UNSEEN, Base, Snapshots
from lead_ml.asof.kernel.rows import StreamRows, collect, lead_keys, no_rows
from lead_ml.asof.kernel.run import walked
from lead_ml.asof.kernel.stored import stored_of
from lead_ml.asof.kernel.stream import Stream, in_order, lay_out, tie_breakers
from lead_ml.tables.dataset import Coded, Dataset, Indices

_NONE = np.empty(0, dtype=np.int64)


def take_snapshot(plan: Plan, dataset: Dataset, until: int) -> HistorySnapshot:
    """Take a snapshot of the history of every key of `plan` known strictly before `until` (microseconds UTC).

    The result depends on the content of the rows only, never on their order in the dataset.
    """
    stored = stored_of(dataset)
    if stored is not None and plan.stream == "events":
        return stored.history_snapshot(plan, dataset, until)
    leads = lead_keys(plan, dataset)
    rows = collect(plan, dataset, leads)
    supplied = rows is not None
    rows = no_rows(plan) if rows is None else rows.take(rows.known < until)
    keys = by_text(Coded(rows.key.astype(np.int32), leads.levels))
    rows = replace(rows, key=keys.codes.astype(np.int64))
    base = _scanned(plan, rows, keys, until)
    rows = still_needed(plan, rows, until)
    texts = recoded(plan, base, rows.texts)
    return HistorySnapshot(
        plan_digest=plan.digest,
        until=int(until),
        supplied=supplied,
        keys=tuple(keys.levels),
        offsets=offsets_of(rows.key, len(keys.levels) + 1),
        occurred=rows.occurred,
        passes=rows.passes,
        values=rows.values,
        codes=np.array([text.codes for text in texts], dtype=np.int32).reshape(len(texts), len(rows)),
        levels=tuple(tuple(text.levels) for text in texts),
        base=base,
    )


def _scanned(plan: Plan, rows: StreamRows, keys: Coded, until: int) -> Base:
    """Walk every key to `until` and return the state of its all-time features, and that of a key never seen."""
    count = len(keys.levels)
    end = Base(np.tile(plan.program.start, (count + 1, 1)), np.zeros((count + 1, len(plan.ever))))
    return settled(plan, lay_out(plan, keys, in_order(plan, rows)), until, end)


def settled(plan: Plan, stream: Stream, until: int, end: Base) -> Base:
    """Walk every key to `until`, and return the state of its all-time features in `end`."""
    count = len(stream.keys.levels)
    spine = Snapshots(np.arange(count), np.full(count, until, dtype=np.int64))
    walked(plan, stream, spine, out=np.empty((len(plan.features), count)), end=end)
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


def recoded(plan: Plan, base: Base, texts: Sequence[Coded]) -> tuple[Coded, ...]:
    """Return the text columns with the levels that they use or the base shows, and change what the base shows to their codes."""
    found = []
    for k, text in enumerate(texts):
        places = shown_places(plan, base, k)
        codes = base.decayed[places].astype(np.int64)
        found.append(by_text(text, codes))
        code_of = {level: float(code) for code, level in enumerate(found[k].levels)}
        base.decayed[places] = [code_of[text.levels[code]] for code in codes.tolist()]
    return tuple(found)
