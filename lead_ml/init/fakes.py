"""The model of fake leads that an export allows: which values of a reason or a status mean that a lead is not a real person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lead_ml.asof.labels import Mask
from lead_ml.init.answers import closings_of, contacts_of, stages_of, unreal_reasons
from lead_ml.init.early import EarlyData
from lead_ml.init.engagement import types_of
from lead_ml.init.measure import DraftState
from lead_ml.tables.dataset import Coded, Dataset, Outcomes

_LEAST_FAKES = 20
_REAL = ("sql", "opportunity", "won", "lost")


@dataclass(frozen=True)
class DraftFake:
    """How a fake lead is recognized: by the reasons of its outcomes, or by the values of a ``column`` that has no dates.

    ``unreal`` are the values that mean not real; ``unfit`` the others: reasons of real leads, or for a column the values that
    only a real lead has.
    """

    unreal: tuple[str, ...]
    unfit: tuple[str, ...]
    contacts: tuple[str, ...] = ()
    column: str = ""

    @property
    def arguments(self) -> Mapping[str, Sequence[str]]:
        """The arguments of the target, without the name of a column."""
        if self.column:
            return {"positive": self.unreal, "negative": self.unfit}
        return {"reasons": self.unreal, "contacts": self.contacts}


def fake_of(work: DraftState, dataset: Dataset, early: EarlyData) -> DraftFake | None:
    """Return how fake leads are recognized, None if too few of the early leads are; what was found is asked about.

    Which values there are is read from the whole export, since it decides what a label means; how many leads have them is not.
    """
    dated, count = _of_outcomes(work, dataset, early)
    several = [(dated, count)] if dated else _of_columns(work, dataset, early.leads)
    most = max(several, key=lambda item: item[1], default=(None, 0))
    found, fakes = next((item for item in several if item[1] >= _LEAST_FAKES), most)
    if found is None or fakes < _LEAST_FAKES:
        if found is not None:
            work.findings.note("few_fakes")
        return None
    listed = work.findings.names
    key = "fake_reasons_some" if found.unfit else "fake_reasons"
    work.findings.ask(key, reasons=listed(found.unreal), others=listed(found.unfit))
    return found


def _of_outcomes(work: DraftState, dataset: Dataset, early: EarlyData) -> tuple[DraftFake | None, int]:
    if dataset.outcomes is None or "reason" not in dataset.outcomes.columns:
        return None, 0
    unreal, others = _split(_reasons(dataset.outcomes))
    if not unreal or early.dataset.outcomes is None:
        return None, 0
    found = DraftFake(unreal, others, contacts_of(types_of(work.table("events"))))
    return found, int(_reasons(early.dataset.outcomes).among(unreal).sum())


def _reasons(outcomes: Outcomes) -> Coded:
    """Return the reasons of the outcomes that closed a lead without a win."""
    return outcomes.columns["reason"].take(outcomes.columns["stage"].among(("invalid", "lost")))


def _of_columns(work: DraftState, dataset: Dataset, early: Mask) -> list[tuple[DraftFake | None, int]]:
    """Return what the reason for losing a lead and its status say, each with the number of fakes.

    The reason comes first: an invalid lead may be a real one that does not fit.
    """
    closing = work.leads.closing
    found: list[tuple[DraftFake | None, int]] = []
    for name in filter(None, (closing.reasons, closing.column)):
        text = dataset.leads.columns[work.leads.ours[name]]
        unreal, others = _split(text)
        if name == closing.column:
            stages = {**stages_of(others), **closings_of(others)}
            others = tuple(value for value in others if stages.get(value) in _REAL)
        if unreal and others:
            fake = DraftFake(unreal, others, column=work.leads.ours[name])
            found.append((fake, int(text.among(unreal)[early].sum())))
    return found


def _split(text: Coded) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the values that mean that a lead is not real, and the others, both in alphabetical order."""
    values = sorted({value for value in text.values() if value is not None})
    unreal = unreal_reasons(values)
    return unreal, tuple(value for value in values if value not in unreal)
