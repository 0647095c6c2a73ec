"""Column names that suggest the outcome. A name alone is no finding: the column must also predict, and not be trusted."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

from lead_ml.evaluation.leakage.measure import Information, auc, standard_error
from lead_ml.evaluation.leakage.records import LeakageFinding, LeakageVerdict
from lead_ml.evaluation.leakage.sample import AuditSample

_WORD = re.compile(r"[a-z]+|[A-Z][a-z]*|[A-Z]+(?![a-z])")
SURE = 3.0  # standard errors of the information above 0


@cache
def _outcome_words() -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the words to look for, and those of Chinese, which are looked for anywhere in a name."""
    found = (Path(__file__).parent / "outcome_words.txt").read_text(encoding="utf-8").split()
    return frozenset(word for word in found if word.isascii()), tuple(w for w in found if not w.isascii())


def outcome_words(name: str) -> tuple[str, ...]:
    """Return the words in a column's name that suggest the outcome, sorted.

    >>> outcome_words("LeadStatus"), outcome_words("close_date"), outcome_words("poutcome"), outcome_words("industry")
    (('status',), ('close',), (), ())
    """
    words, parts = _outcome_words()
    own = {word.casefold() for word in _WORD.findall(name)}
    return tuple(sorted((own & words) | {part for part in parts if part in name}))


def name_findings(
    sample: AuditSample, known: dict[str, Information], leaks: Collection[str]
) -> list[LeakageFinding]:
    """Look at the names of the lead columns.

    ``known`` is what each column alone tells, empty where there are too few outcomes to measure it; ``leaks`` are the
    columns that another check calls a leak.
    """
    return [
        _finding(sample, name, words, known.get(name), name in leaks)
        for name in sample.columns
        if (words := outcome_words(name))
    ]


def _finding(
    sample: AuditSample, name: str, words: tuple[str, ...], alone: Information | None, leak: bool
) -> LeakageFinding:
    evidence: dict[str, float | str] = {"words": ", ".join(words)}
    predicts, told = True, "there are too few outcomes to measure whether it predicts them"
    if alone is not None:
        predicts = alone.information > SURE * standard_error(sample, alone.gain)
        told = "it predicts the outcome" if predicts else "it does not predict the outcome"
        evidence |= {"auc_alone": auc(sample.y, alone.p).value, "information_alone": alone.information}
    verdict: LeakageVerdict = "leak" if leak else "suspect" if predicts else "clear"
    if sample.trusted(name):
        verdict = "clear"
    said = f"the name {name} suggests the outcome ({', '.join(words)}), and {told}"
    do = "" if verdict == "clear" else f"leave {name} out, or bring its history as dated events or outcomes"
    return LeakageFinding("name", name, verdict, evidence, said, do, (name,))
