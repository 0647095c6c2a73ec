"""Column names that suggest the outcome. A name alone is no finding: the column must also predict.

That a column is declared to be known at creation does not clear it, only trust by name does: many columns are declared by the dozen.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from functools import cache
from pathlib import Path

from lead_ml.clean.text import name_key
from lead_ml.evaluation.leakage.measure import Information, auc, standard_error
from lead_ml.evaluation.leakage.records import LeakageFinding, LeakageVerdict
from lead_ml.evaluation.leakage.sample import AuditSample
from lead_ml.project.words import says_latest

SURE = 3.0  # standard errors of the information above 0


@cache
def _outcome_names() -> tuple[frozenset[str], tuple[str, ...], re.Pattern[str]]:
    """Return the words to look for, the parts, and the pattern of what is harmless."""
    found = tomllib.loads((Path(__file__).parent / "outcome_names.toml").read_text(encoding="utf-8"))
    return frozenset(found["words"]), tuple(found["parts"]), re.compile("|".join(found["harmless"]))


def outcome_words(name: str) -> tuple[str, ...]:
    """Return the words in a column's name that suggest the outcome, sorted.

    >>> outcome_words("LeadStatus"), outcome_words("close_date"), outcome_words("poutcome"), outcome_words("industry")
    (('status',), ('close',), (), ())
    >>> outcome_words("Last Activity"), outcome_words("touches_last_7_days"), outcome_words("lastName")
    (('last',), (), ())
    """
    words, parts, harmless = _outcome_names()
    key = harmless.sub(" ", name_key(name))
    return tuple(sorted((set(key.split()) & words) | {part for part in parts if part in key}))


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
        if (words := _suggested(sample, name))
    ]


def _suggested(sample: AuditSample, name: str) -> tuple[str, ...]:
    """Return the suggestive words of a column; that of a role may be called *latest* in the export."""
    header = sample.task.common.data.leads.columns.get(name, name)
    return outcome_words(name) or (outcome_words(header) if says_latest(header) else ())


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
    if name in sample.task.common.trust:
        verdict = "clear"
    said = f"the name {name} suggests the outcome ({', '.join(words)}), and {told}"
    do = (
        f"ask who writes {name}, and when: if it is before the first score, say so with trust: [{name}] in params.yaml; "
        "else leave it out, or bring its history as dated events or outcomes"
    )
    do = "" if verdict == "clear" else do
    return LeakageFinding("name", name, verdict, evidence, said, do, (name,))
