"""The people of a project: its data with every merge in force, so that each person counts once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lead_ml.errors import InputError, ParamsError
from lead_ml.lead_data.merge.in_force import DecisionsInForce
from lead_ml.lead_data.merge.log import MergeLog, log_path, read_merges
from lead_ml.lead_data.merge.people import MergedPeople, people_of
from lead_ml.lead_data.merge.united import united
from lead_ml.project.load import Project
from lead_ml.project.survivorship import MergeParams
from lead_ml.project.targets import Column
from lead_ml.tables.dataset import Dataset, Leads


def with_people(project: Project, dataset: Dataset) -> tuple[Dataset, tuple[str, ...]]:
    """Return a data set that holds each person once, with notes for the report of the leads; itself where nothing is merged.

    Raises
    ------
    InputError
        If the merge log is damaged, or there are merges and the events are in a layout.
    ParamsError
        If ``merge.fields`` names a column that the leads do not have.
    """
    check_fields(project.params.merge, dataset)
    log = read_merges(project.root)
    decisions = DecisionsInForce.of(log.entries)
    people = people_of(decisions, created_of(dataset.leads))
    columns = [spec.target for spec in project.specs.values() if isinstance(spec.target, Column)]
    if people.members and project.params.data.layout is not None:
        raise InputError(
            "leads are merged, and a layout keeps events by lead",
            source=str(log_path(project.root)),
            do="remove data.layout from params.yaml, or undo the merges",
        )
    found = united(dataset, people, decisions.pins, project.params, columns)
    notes = torn_note(project, log)
    if found is dataset:
        return dataset, notes
    merged, several = len(people.person), len(people.members)
    if several:
        who = "one person" if several == 1 else f"{several:,} people"
        notes = (*notes, f"{merged:,} leads are {who} by the merge log; each person counts once")
    return replace(found, digests={**found.digests, "merges": log.head.hash}), notes


def torn_note(project: Project, log: MergeLog) -> tuple[str, ...]:
    """Say that the last line of the log was never finished, where that is so."""
    if not log.torn:
        return ()
    path = log_path(project.root)
    return (
        f"{path}: a process was stopped while it wrote the last line ({log.torn} bytes); it is not an entry, and the next change removes it",
    )


def created_of(leads: Leads) -> Mapping[str, int]:
    """Return when each lead was created, microseconds UTC; 0 without dates."""
    created = [0] * len(leads) if leads.created_at is None else leads.created_at.tolist()
    return dict(zip(leads.lead_id, created, strict=True))


def people_in(project: Project, dataset: Dataset) -> tuple[DecisionsInForce, MergedPeople]:
    """Return the decisions in force and the people among the leads of a data set as it was read."""
    decisions = DecisionsInForce.of(read_merges(project.root).entries)
    return decisions, people_of(decisions, created_of(dataset.leads))


def check_fields(params: MergeParams, dataset: Dataset) -> None:
    """Raise ParamsError where a rule is about a column that the leads do not have."""
    columns = dataset.leads.columns
    named = {f"merge.fields.{name}": name for name in params.fields}
    rules = {
        "merge.default": params.default,
        **{f"merge.fields.{name}": rule for name, rule in params.fields.items()},
    }
    named |= {f"{place}.by": rule.by for place, rule in rules.items() if rule.rule == "trusted"}
    for place, name in named.items():
        if name not in columns:
            expected = f"a column of the leads: {', '.join(sorted(columns))}"
            raise ParamsError(
                f"{place} names a column that the leads do not have", value=name, expected=expected
            )


def person_of(dataset: Dataset, lead_id: str) -> str:
    """Return the id that a lead has in a data set of people: that of its person where it was merged."""
    members = dataset.members
    if members is None or lead_id in dataset.leads.lead_id or lead_id not in members.data.leads.lead_id:
        return lead_id
    row = members.data.leads.lead_id.index(lead_id)
    return dataset.leads.lead_id[int(members.person[row])]


def require_lead(dataset: Dataset, lead_id: str) -> None:
    """Raise InputError where the leads have no such lead."""
    if lead_id not in set(dataset.leads.lead_id):
        raise InputError(
            "no such lead", source="leads", value=lead_id, expected="a lead_id of the leads table"
        )
