"""Channels: where the leads of a project come from, what became of them, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from lead_ml.declare.labels import ANY, read_labels
from lead_ml.errors import LeadMLError, ParamsError
from lead_ml.lead_data.channels import ChannelQuestion, ChannelReport, channel_report
from lead_ml.lead_data.channels.observed import WEEKS
from lead_ml.lead_data.channels.words import (
    advice_text,
    alarm_texts,
    basis_texts,
    channel_name,
    method_texts,
    money_text,
    verdict_text,
)
from lead_ml.project.load import LABELS, Project
from lead_ml.project.outcome_columns import outcome_columns
from lead_ml.project.schema import CONTACT, known_at_of
from lead_ml.project.targets import Fake, Won
from lead_ml.report.channels import save_picture
from lead_ml.tables.dataset import Dataset
from lead_ml.workflows.load import load, reseeded

__all__ = [
    "BY",
    "WEEKS",
    "advice_text",
    "alarm_texts",
    "basis_texts",
    "channel_name",
    "channels_of",
    "method_texts",
    "money_text",
    "report_channels",
    "save_channels",
    "save_picture",
    "train_channels",
    "verdict_text",
]

BY = "source"
TARGET = "conversion"
# Columns of a single lead, or of what it did: not of the mix of leads that a channel brings.
_NOT_MIX = frozenset(
    (*CONTACT, "ip", "user_agent", "message", "consent", "account_id", "owner", "cost", "form_seconds")
)

Progress = Callable[[str], None]


def report_channels(
    root: Path,
    data: Path | None,
    *,
    by: str = BY,
    weeks: int = WEEKS,
    seed: int | None = None,
    progress: Progress = lambda _: None,
) -> ChannelReport:
    """Read a project with its data and compare its channels, writing nothing."""
    loaded = reseeded(load(root, data), seed)
    progress("data read")
    return channels_of(loaded.project, loaded.dataset, by=by, weeks=weeks, progress=progress)


def channels_of(
    project: Project,
    dataset: Dataset,
    *,
    by: str = BY,
    weeks: int = WEEKS,
    progress: Progress = lambda _: None,
) -> ChannelReport:
    """Compare the channels of a project by the definition of its conversion target."""
    task, fake = project.tasks[TARGET], project.tasks.get("fake")
    target = task.spec.target
    if not isinstance(target, Won) or task.horizon_days is None:
        raise ParamsError(
            "channels are compared by dated outcomes, and the conversion target is a column without dates",
            value=target.column if not isinstance(target, Won | Fake) else type(target).__name__,
            expected="a target Won in models/conversion.py",
            do="name a table of dated outcomes in params.yaml",
        )
    known = _known_at_creation(project, dataset)
    if by in dataset.leads.columns and by not in known:
        raise ParamsError(
            "this column may be overwritten by people who know the outcome",
            value=by,
            expected=f"one of {', '.join(known)}",
            do=f"write known_at: {{{by}: creation}} in params.yaml only if it is filled in once, when the lead arrives",
        )
    labels = read_labels(project.root / LABELS)
    fakes = fake.spec.target if fake is not None and isinstance(fake.spec.target, Fake) else None
    question = ChannelQuestion(
        by=by,
        won=target,
        horizon_days=task.horizon_days,
        fake=fakes,
        fake_days=0.0 if fakes is None or fake is None else fake.horizon_days or 0.0,
        mix=tuple(name for name in known if name != by and name not in _NOT_MIX),
        zone=project.params.time_zone,
        weeks=weeks,
        seed=project.params.seed,
        labels={**labels.get(ANY, {}), **labels.get(by, {})},
    )
    params = project.params
    return channel_report(
        dataset,
        question,
        synthetic=params.synthetic,
        currency=params.thresholds.currency,
        progress=progress,
    )


def train_channels(project: Project, dataset: Dataset, progress: Progress) -> ChannelReport | None:
    """Compare the sources for the report of a run; None where the data has no sources, no dates or too few leads, which is said."""
    if BY not in dataset.leads.columns:
        return None
    try:
        return channels_of(project, dataset, progress=lambda _: None)
    except LeadMLError as error:
        progress(f"no channel report: {error.problem}")
        return None


def save_channels(report: ChannelReport, path: Path) -> None:
    """Write a report as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))


def _known_at_creation(project: Project, dataset: Dataset) -> tuple[str, ...]:
    """Return the lead columns that are filled in when a lead arrives and say nothing of the outcome."""
    ends = outcome_columns(project.params, project.specs.values())
    return tuple(
        name
        for name in sorted(dataset.leads.columns)
        if name not in ends
        and (known_at_of(name, project.params) == "creation" or name in project.params.trust)
    )
