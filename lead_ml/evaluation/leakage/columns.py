"""Raw columns of unknown role, each turned into what can be measured: bins for itself, numbers for the joint model.

What a column holds is decided by :func:`lead_ml.tables.read.column_kinds.summarize`, as everywhere. Dates count from the first snapshot; texts become their length and a
cross-fitted score of their words, so that a remark such as *contract signed* is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from lead_ml.asof.encode import FIRST_LEVEL, MISSING, OTHER, RARE_BELOW
from lead_ml.declare import MICROSECONDS_PER_DAY
from lead_ml.evaluation.leakage.sample import FOLDS, AuditSample
from lead_ml.model import ColumnInfo
from lead_ml.tables.dataset import Coded, Floats, Indices
from lead_ml.tables.read.column_kinds import FEW_VALUES, ColumnKind, number_in, summarize
from lead_ml.tables.read.timestamps import span_of

MOST_LEVELS = 250
BINS = 32
TOKEN_ROWS = 20
_TOKEN = re.compile(r"[a-z]+|\d+|[\u4e00-\u9fff]+")


@dataclass(frozen=True)
class View:
    """A column as the audit sees it.

    ``bins`` (rows,) are small integers: quantile bins of numbers, levels of categories; bin 0 is missing. ``matrix`` (rows, k)
    are its columns for the joint model, described by ``infos``.
    """

    name: str
    kind: ColumnKind
    bins: Indices
    matrix: Floats
    infos: tuple[ColumnInfo, ...]
    distinct: int
    date_format: str = ""


def view_of(name: str, sample: AuditSample) -> View:
    """Tell what a lead column is, and make it measurable."""
    column = sample.raw(name)
    counts = column.counts()
    whole = summarize(name, sample.dataset.leads.columns[name])
    if whole.kind == "date" or (whole.numeric and whole.distinct > FEW_VALUES):
        if whole.kind == "date":  # days from the first snapshot, for undated leads from 1970
            numbers = (instants_of(column, sample, whole.date_format) - sample.as_of) / MICROSECONDS_PER_DAY
        else:
            numbers = column.numbers(number_in)
        bins, matrix, infos = number_bins(numbers), numbers[:, None], [ColumnInfo(name, "number")]
    elif whole.kind == "text" or (whole.kind == "id" and not whole.numeric):
        score = _word_score(column, sample)
        length = column.numbers(lambda level: float(len(level)))
        bins, matrix = number_bins(score), np.column_stack([length, score])
        infos = [ColumnInfo(f"{name} length", "number"), ColumnInfo(f"{name} words", "number")]
    else:
        bins = category_bins(column, counts)
        matrix = bins[:, None].astype(np.float64)
        infos = [ColumnInfo(name, "category", int(bins.max(initial=0)) + 1)]
    return View(name, whole.kind, bins, matrix, tuple(infos), int((counts > 0).sum()), whole.date_format)


def number_view(name: str, numbers: Floats) -> View:
    """Return the view of a declared feature that is a number."""
    distinct = len(np.unique(numbers[~np.isnan(numbers)]))
    return View(
        name, "number", number_bins(numbers), numbers[:, None], (ColumnInfo(name, "number"),), distinct
    )


def number_bins(numbers: Floats, bins: int = BINS) -> Indices:
    """Cut numbers at their quantiles; a value that fills a quantile is a bin of its own. Bin 0 is missing."""
    there = ~np.isnan(numbers)
    if not there.any():
        return np.zeros(len(numbers), dtype=np.int64)
    edges = np.unique(np.quantile(numbers[there], np.linspace(0, 1, bins + 1)[1:-1], method="lower"))
    return np.where(there, 1 + np.searchsorted(edges, numbers, side="right"), 0).astype(np.int64)


def category_bins(column: Coded, counts: Indices) -> Indices:
    """Number the common levels by frequency: 0 missing, 1 rare, from 2 the commonest."""
    common = sorted(
        (k for k in range(len(counts)) if counts[k] >= RARE_BELOW),
        key=lambda k: (-counts[k], column.levels[k]),
    )[:MOST_LEVELS]
    lookup = np.full(len(column.levels) + 1, OTHER, dtype=np.int64)
    lookup[common] = FIRST_LEVEL + np.arange(len(common))
    lookup[-1] = MISSING
    return np.asarray(lookup[column.codes])


def instants_of(column: Coded, sample: AuditSample, date_format: str) -> Floats:
    """Return the start of each date, microseconds UTC as float64, NaN where there is none."""
    zone = ZoneInfo(sample.task.common.time_zone)
    return column.numbers(lambda level: float((span_of(level, zone, date_format) or (np.nan,))[0]))


def _word_score(column: Coded, sample: AuditSample) -> Floats:
    """Return the cross-fitted sum of log-odds of a text's words (naive Bayes), NaN where the text is missing."""
    score = np.full(len(column), np.nan)
    there = np.flatnonzero(column.codes >= 0)
    level, token, tokens = _words(column.levels)
    rows_of = np.bincount(column.codes[there], minlength=len(column.levels))
    common = np.bincount(token, weights=rows_of[level], minlength=tokens) >= TOKEN_ROWS
    level, token = level[common[token]], token[common[token]]
    for fold in range(FOLDS):
        test = sample.fold[there] == fold
        codes, y = column.codes[there[~test]], sample.y[there[~test]]
        won = np.bincount(codes, weights=y, minlength=len(rows_of)).astype(np.float64)
        seen = np.bincount(codes, minlength=len(rows_of)).astype(np.float64)
        weights = _log_odds(level, token, tokens, won, seen)[token]
        by_level = np.bincount(level, weights=weights, minlength=len(rows_of))
        score[there[test]] = by_level[column.codes[there[test]]]
    return score


def _log_odds(level: Indices, token: Indices, tokens: int, won: Floats, seen: Floats) -> Floats:
    """Return log P(word | won) / P(word | not) of every word, shrunk by one row of the average."""
    wins, rows = (np.bincount(token, weights=part[level], minlength=tokens) for part in (won, seen))
    rate = won.sum() / max(1, seen.sum())
    per_win = (wins + rate) / (won.sum() + 1)
    per_loss = (rows - wins + 1 - rate) / (seen.sum() - won.sum() + 1)
    return np.asarray(np.log(np.maximum(per_win, 1e-9) / np.maximum(per_loss, 1e-9)))


def _words(levels: Sequence[str]) -> tuple[Indices, Indices, int]:
    """Return pairs of level and word, each once, and the number of words; Chinese is read in pairs of characters."""
    lookup: dict[str, int] = {}
    pairs: list[tuple[int, int]] = []
    for place, text in enumerate(levels):
        found = {part for run in _TOKEN.findall(text.casefold()) for part in _parts(run)}
        pairs += [(place, lookup.setdefault(word, len(lookup))) for word in sorted(found)]
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1], len(lookup)


def _parts(run: str) -> tuple[str, ...]:
    if run[0].isdigit():
        return ("#",)
    if run[0].isascii() or len(run) == 1:
        return (run,)
    return tuple(run[k : k + 2] for k in range(len(run) - 1))
