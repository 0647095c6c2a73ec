"""Names that smell of the outcome. A name alone accuses nobody: the column must also predict, and nobody stand for it."""

from __future__ import annotations

import re
from collections.abc import Collection

from lead_ml.evaluation.leakage.measure import Information, auc, standard_error
from lead_ml.evaluation.leakage.records import LeakageFinding, LeakageVerdict
from lead_ml.evaluation.leakage.sample import AuditSample

WORDS = frozenset(
    """status stage state tag tags label labels closed close closing outcome result results won win lost loss converted
    conversion deal contract contracted signed invoice invoiced paid payment revenue amount disqualified qualified rejected
    reason remark remarks note notes comment comments followup updated modified last""".split()  # noqa: SIM905
)
CHARACTERS = (
    "状态",
    "阶段",
    "赢单",
    "输单",
    "成交",
    "备注",
    "标签",
    "结果",
    "关闭",
    "签约",
    "合同",
    "回款",
    "转化",
    "金额",
    "跟进",
    "最后",
    "更新",
)
_WORD = re.compile(r"[a-z]+|[A-Z][a-z]*|[A-Z]+(?![a-z])")
SURE = 3.0  # standard errors of the information above 0


def smells(name: str) -> tuple[str, ...]:
    """Return the words in a column's name that speak of the outcome, sorted.

    >>> smells("LeadStatus"), smells("close_date"), smells("最新跟进状态"), smells("poutcome"), smells("industry")
    (('status',), ('close',), ('状态', '跟进'), (), ())
    """
    words = {word.casefold() for word in _WORD.findall(name)}
    return tuple(sorted((words & WORDS) | {part for part in CHARACTERS if part in name}))


def name_findings(
    sample: AuditSample, told: dict[str, Information], leaks: Collection[str]
) -> list[LeakageFinding]:
    """Look at the names of the lead columns.

    Parameters
    ----------
    told
        What each column tells alone; empty where there are too few outcomes to measure it.
    leaks
        Columns that another check calls a leak.
    """
    return [
        _finding(sample, name, words, told.get(name), name in leaks)
        for name in sample.columns
        if (words := smells(name))
    ]


def _finding(
    sample: AuditSample, name: str, words: tuple[str, ...], alone: Information | None, leak: bool
) -> LeakageFinding:
    evidence: dict[str, float | str] = {"words": ", ".join(words)}
    predicts = alone is None
    if alone is not None:
        error = standard_error(sample, alone.gain)
        predicts = alone.information > SURE * error
        evidence |= {"auc_alone": auc(sample.y, alone.p).value, "information_alone": alone.information}
    verdict: LeakageVerdict = "clear"
    if not sample.vouched(name):
        verdict = "leak" if leak else "suspect" if predicts else "clear"
    tells = (
        "nobody can measure yet whether it tells"
        if alone is None
        else "it does tell"
        if predicts
        else "it tells nothing"
    )
    said = f"the name {name} speaks of the outcome ({', '.join(words)}), and {tells}"
    do = "" if verdict == "clear" else f"leave {name} out, or bring its history as dated events or outcomes"
    return LeakageFinding(
        check="name", subject=name, verdict=verdict, evidence=evidence, en=said, do=do, columns=(name,)
    )
