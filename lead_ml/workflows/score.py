"""Scoring the open leads of a project, and explaining one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Spine
from lead_ml.asof.matrix import take
from lead_ml.asof.open_leads import OpenLeads, find_open_leads
from lead_ml.errors import InputError
from lead_ml.evaluation.backtest import Progress
from lead_ml.language import Lang, catalog
from lead_ml.project.crm_link import crm_link
from lead_ml.project.schema import CONTACT
from lead_ml.registry.runs import open_run
from lead_ml.scoring import Answer, LeadState, Scorer, WorklistRow, served_folder, write_worklist
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.instants import iso, parse_iso
from lead_ml.workflows.answers import StoredAnswers
from lead_ml.workflows.load import load
from lead_ml.workflows.people import person_of
from lead_ml.workflows.work import HERE, Work

SHOWN_COLUMNS = (*CONTACT, "source", "country", "owner")
CHUNK = 2_000
ALL_REASONS = 100
TOP = 5


def scorer_of(root: Path, version: str | None = None) -> Scorer:
    """Load the champion of a project, or a version by name."""
    runs = root / "runs"
    return Scorer.load(served_folder(runs) if version is None else open_run(runs, version).bundle)


@dataclass(frozen=True)
class ScoredProject:
    """The open leads of a project with their answers, best first and the stale ones last, and the file of the worklist."""

    dataset: Dataset
    answers: Sequence[Answer]
    worklist: Path
    opened: OpenLeads
    crm_url: str = ""

    @property
    def ranked(self) -> int:
        """How many of the answers are ranked; those after them are of stale leads."""
        return len(self.opened.ranked)

    def best(self, top: int) -> Sequence[Answer]:
        """Return the answers of the best leads, without stale ones."""
        return self.answers[: min(top, self.ranked)]

    def heading(self, shown: int, lang: Lang) -> str:
        """Say how many of the ranked leads are shown; leads that may be lost are not called open."""
        key = "top" if self.opened.recent_days is None else "top_undecided"
        return catalog(lang)(f"score.{key}", shown=min(shown, self.ranked), count=self.ranked)

    def notes(self, lang: Lang) -> list[str]:
        """Say where the worklist is, whether its leads are surely open, and how many are stale."""
        opened, say = self.opened, catalog(lang)
        key = "worklist" if opened.recent_days is None else "worklist_undecided"
        found = [say(f"score.{key}", count=self.ranked, file=self.worklist)]
        if opened.recent_days is not None:
            key = "undecided" if opened.recent_days else "undecided_undated"
            found.append(say(f"score.{key}", days=opened.recent_days))
        if len(opened.stale):
            found.append(say("score.stale", count=len(opened.stale), days=opened.stale_days))
        return found


def score_project(
    root: Path,
    data: Path | None,
    *,
    version: str | None = None,
    lang: Lang = "en",
    progress: Progress = lambda _: None,
    work: Work = HERE,
) -> ScoredProject:
    """Score the open leads of a project and write the worklist."""
    scorer = scorer_of(root, version)
    loaded = load(root, data, work, sealed=scorer.bundle.info.rules)
    progress("data read")
    opened = open_leads_of(scorer, loaded.dataset)
    answers = _stored(scorer, loaded.dataset, opened, lang=lang, progress=progress, work=work)
    crm_url = loaded.project.params.crm_url
    worklist = save_worklist(answers, loaded.dataset, loaded.project.runs, opened, crm_url)
    return ScoredProject(loaded.dataset, answers, worklist, opened, crm_url)


def open_leads_of(scorer: Scorer, dataset: Dataset) -> OpenLeads:
    """Return which leads are open at the end of the data, by the target and horizon that a scorer was trained for."""
    horizon = scorer.bundle.params["conversion"]["horizon_days"]
    return find_open_leads(dataset, dataset.until, scorer.bundle.parts["conversion"].spec.target, horizon)


def explain_lead(
    root: Path,
    data: Path | None,
    lead_id: str,
    *,
    version: str | None = None,
    as_of: str | None = None,
    lang: Lang = "en",
    every: bool = True,
) -> Answer:
    """Score one lead of the data, with every reason or with those that a reader needs."""
    moment = None if as_of is None else parse_iso(as_of, field="--as-of")
    scorer = scorer_of(root, version)
    dataset = load(root, data, sealed=scorer.bundle.info.rules).dataset
    return score_one(scorer, dataset, lead_id, as_of=moment, lang=lang, top=ALL_REASONS if every else TOP)


def score_open(
    scorer: Scorer,
    dataset: Dataset,
    *,
    lang: Lang = "en",
    top: int = 5,
    progress: Progress = lambda _: None,
    work: Work = HERE,
) -> list[Answer]:
    """Score every open lead at the end of the data, best first and stale leads last; where `work` says, to the same last bit."""
    opened = open_leads_of(scorer, dataset)
    return list(_stored(scorer, dataset, opened, lang=lang, top=top, progress=progress, work=work))


def _stored(
    scorer: Scorer,
    dataset: Dataset,
    opened: OpenLeads,
    *,
    lang: Lang,
    top: int = 5,
    progress: Progress,
    work: Work,
) -> StoredAnswers:
    score = work.score or _in_chunks
    found = score(scorer, dataset, opened.spine, lang=lang, top=top, progress=progress)
    return StoredAnswers(found, last={dataset.leads.lead_id[row] for row in opened.stale.tolist()})


def _in_chunks(
    scorer: Scorer, dataset: Dataset, spine: Spine, *, lang: Lang, top: int, progress: Progress
) -> Iterator[list[Answer]]:
    raw = features_at(scorer.compiled, dataset, spine)
    for start in range(0, len(spine), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(spine)))
        yield scorer.score_features(take(raw, rows), dataset, spine.take(rows), lang=lang, top=top)
        progress(f"scored {rows[-1] + 1:,} of {len(spine):,} leads")


def save_worklist(
    answers: Iterable[Answer],
    dataset: Dataset,
    runs: Path,
    opened: OpenLeads | None = None,
    crm_url: str = "",
) -> Path:
    """Write the answers as the worklist of the page, each with whether its lead is surely open, as `opened` says, and where it is in the CRM."""
    leads = dataset.leads
    stale = set[int]() if opened is None else set(opened.stale.tolist())
    told: LeadState = "open" if opened is None else opened.state
    place = {lead_id: row for row, lead_id in enumerate(leads.lead_id)}
    columns = {name: leads.columns[name] for name in SHOWN_COLUMNS if name in leads.columns}

    def shown(answer: Answer) -> WorklistRow:
        row = place[answer.lead_id]
        codes = {name: int(column.codes[row]) for name, column in columns.items()}
        lead = {name: columns[name].levels[code] for name, code in codes.items() if code >= 0}
        if leads.created_at is not None:
            lead["created_at"] = iso(int(leads.created_at[row]))
        state: LeadState = "stale" if row in stale else told
        link = crm_link(crm_url, answer.lead_id)
        return WorklistRow({"lead_id": answer.lead_id, **lead}, answer, state, link)

    return write_worklist(map(shown, answers), runs)


def score_one(
    scorer: Scorer,
    dataset: Dataset,
    lead_id: str,
    *,
    as_of: int | None = None,
    lang: Lang = "en",
    top: int = ALL_REASONS,
) -> Answer:
    """Score one lead of the data, by default with all its reasons and at the end of the data.

    A lead that was merged is answered for by the id of its person.
    """
    lead_id = person_of(dataset, lead_id)
    if lead_id not in dataset.leads.lead_id:
        raise InputError(
            "no such lead", source="leads", value=lead_id, expected="a lead_id of the leads table"
        )
    row = dataset.leads.lead_id.index(lead_id)
    moment, created = dataset.until if as_of is None else as_of, dataset.leads.created_at
    if created is not None and created[row] > moment:
        expected = f"after {iso(int(created[row]))}"
        raise InputError("the lead did not exist yet", source="leads", value=iso(moment), expected=expected)
    spine = Spine(np.array([row], dtype=np.int64), np.array([moment], dtype=np.int64))
    return scorer.score_dataset(dataset, spine, lang=lang, top=top)[0]
