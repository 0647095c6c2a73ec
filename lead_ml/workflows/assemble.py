"""From trained targets to a bundle: the shared history, the scale, the advice on the thresholds, the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from lead_ml.asof.join import column_names, shared_plans
from lead_ml.asof.kernel import compile_plans, take_snapshot
from lead_ml.asof.labels import NEVER, first_occurred
from lead_ml.declare import Declaration
from lead_ml.errors import BundleError
from lead_ml.evaluation import Forward, Table, candidate_name, reason_of
from lead_ml.model import Calibration, Scorecard
from lead_ml.model.metrics import sigmoid
from lead_ml.project.load import Project
from lead_ml.project.params import public
from lead_ml.project.personal import personal_columns
from lead_ml.project.secret_key import secret_key
from lead_ml.project.targets import CANDIDATES, Candidate, Signal
from lead_ml.scoring import Bundle, BundleInfo, BundlePart, served_folder
from lead_ml.scoring.shared_history import SharedHistory
from lead_ml.scoring.shared_keys import most_shared
from lead_ml.scoring.thresholds import Advice, History, Thresholds, advise_all
from lead_ml.scoring.worklist import CHAMPION
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.instants import iso

# A logistic regression starts to beat a written scorecard at about ten wins per strong feature; boosting starts to beat the
# regression at a few hundred wins (the half-width of an AUC of .8 is .075 with 50 positives and .024 with 500). The forward
# evaluation decides; these numbers only say when to expect it to.
EXPECTED_WINS: Mapping[Candidate, int] = {"logistic": 50, "lightgbm": 500}


@dataclass(frozen=True)
class Trained:
    """One target after training: what ships, and where it could be evaluated its out-of-sample scores with their calibration.

    ``why`` says what kept it from being evaluated.
    """

    part: BundlePart
    table: Table
    forward: Forward | None = None
    calibration: Calibration | None = None
    why: str = ""

    @property
    def constant(self) -> bool:
        """Whether every lead gets the same probability: the chosen ranks nothing, or is a scorecard without rules."""
        if self.forward is not None:
            return self.forward.evaluation.constant
        model = self.part.fitted.model
        return isinstance(model, Scorecard) and not model.rules

    @property
    def signal(self) -> Signal:
        """What the evaluation found; one probability for all is never a signal that is still to come."""
        if self.constant:
            return "none"
        return "unknown" if self.forward is None else self.forward.evaluation.signal


def assemble(
    project: Project, dataset: Dataset, declarations: tuple[Declaration, ...], trained: Mapping[str, Trained]
) -> Bundle:
    """Put trained targets together with what they share: features, history of shared keys, scale, thresholds and card."""
    main = trained["conversion"]
    odds = _reference_odds(project, main)
    history = _history(project, dataset, main)
    params = project.params.thresholds
    advice: tuple[Advice, ...] = ()
    if history is not None:
        advice = advise_all(history, params, reference_odds=odds, seed=project.params.seed)
    by_method = {item.method: item for item in advice}
    chosen = by_method.get(params.method, by_method.get("recall"))  # without dates there is no capacity
    rate = odds / (1 + odds)
    thresholds = Thresholds.of(mql=min(0.9, 2 * rate), sql=min(0.95, 4 * rate), method="default")
    if chosen:
        thresholds = Thresholds.of(
            mql=chosen.mql.probability, sql=chosen.sql.probability, method=chosen.method
        )
    won = len(np.unique(main.table.lead[main.table.labels.y > 0]))
    within = project.tasks["conversion"].horizon_days
    stage = cold_start_stage(main.part.fitted.candidate, won, _how(main), within)
    own, read = _own_and_extra(dataset, declarations)
    # A request says of a lead what features read, and what finds the rows of extra tables.
    keys = {dataset.extra[table].key.split(":", maxsplit=1)[0] for table in read}
    shared, key_id = _shared(project, dataset, declarations, read)
    return Bundle(
        info=BundleInfo(
            project=project.params.project,
            synthetic=project.params.synthetic,
            until=dataset.until,
            columns=tuple(sorted(own | keys)),
            rules=dataset.rules.sealed(own | keys),
            dated=dataset.leads.created_at is not None,
            reference_odds=odds,
            fake_flag=params.fake_flag,
            cold_start_stage=stage,
            most_shared=most_shared(declarations, main.table.raw, main.table.first),
            signal=main.signal,
            constant=tuple(target for target, item in trained.items() if item.constant),
            personal=tuple(sorted(personal_columns(project.params))),
        ),
        params=public(project.params),
        declarations=declarations,
        parts={target: item.part for target, item in trained.items()},
        reference=shared.reference,
        thresholds=thresholds,
        advice=advice,
        history=history,
        card=_card(project, dataset, trained, stage),
        extra=shared.extra,
        key_id=key_id,
    )


def _shared(
    project: Project, dataset: Dataset, declarations: tuple[Declaration, ...], read: Mapping[str, list[str]]
) -> tuple[SharedHistory, str]:
    """Return the history of shared keys, personal data in it under pseudonyms, and the id of their key."""
    plans = shared_plans(compile_plans(declarations))
    shared = SharedHistory(
        {plan.name: take_snapshot(plan, dataset, dataset.until) for plan in plans},
        {table: dataset.extra[table].latest(dataset.until, names) for table, names in read.items()},
    )
    personal = personal_columns(project.params)
    if not shared.is_personal(declarations, personal):
        return shared, ""
    key = secret_key(project.runs)
    return shared.hidden(declarations, personal, key), key.id


def _own_and_extra(
    dataset: Dataset, declarations: tuple[Declaration, ...]
) -> tuple[set[str], dict[str, list[str]]]:
    """Return the lead columns that features read, and the columns of each extra table."""
    own, read = set[str](), dict[str, list[str]]()
    for column in column_names(declarations):
        table, _, name = column.partition(".")
        if name and table in dataset.extra:
            read.setdefault(table, []).append(name)
        else:
            own.add(column)
    return own, read


def _reference_odds(project: Project, main: Trained) -> float:
    """Return the odds of a score of 50: from params.yaml, else as the champion has them, else those of the base rate.

    Where nothing could be evaluated, a handful of wins is no base rate: those of the mean lead of the scorecard.
    """
    if project.params.reference_odds is not None:
        return project.params.reference_odds
    if (project.runs / CHAMPION).is_file():
        return _scale_of(served_folder(project.runs) / "scorer.json")
    first = main.table.first
    rate = (float(main.table.labels.y[first].sum()) + 0.5) / (len(first) + 1.0)
    if main.forward is None:
        fitted = main.part.fitted
        logit = fitted.logit(main.table.raw, first)
        rate = float(sigmoid(main.part.calibration.apply(logit)).mean())
    return rate / (1 - rate)


class _Scale(msgspec.Struct, frozen=True):
    """The one part of a champion that its successor keeps, whatever the format of the rest."""

    reference_odds: float


def _scale_of(path: Path) -> float:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Scale).reference_odds
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BundleError(
            f"{path} does not say which odds a score of 50 stands for: {error}",
            do="restore the bundle from the registry, or set reference_odds in params.yaml",
        ) from error


def _history(project: Project, dataset: Dataset, main: Trained) -> History | None:
    """Gather the out-of-sample scores of conversion, calibrated, as the replay wants them."""
    if main.forward is None or main.calibration is None:
        return None
    table, scores = main.table, main.forward.chosen.scores
    rows = scores.scored & table.labels.used
    leads, first, dense = np.unique(table.lead[rows], return_index=True, return_inverse=True)
    groups = np.unique(table.group[rows][first], return_inverse=True)[1]
    reached = first_occurred(dataset, ("opportunity",))[leads]
    return History(
        lead=dense.astype(np.int64),
        logit=main.calibration.apply(scores.logit[rows]),
        won=table.labels.y[rows] > 0,
        as_of=table.as_of[rows] if dataset.leads.created_at is not None else None,
        groups=groups.astype(np.int64),
        opportunity_at=np.where(reached == NEVER, -1, reached) if dataset.outcomes is not None else None,
        horizon_days=project.tasks["conversion"].horizon_days,
    )


HOW = {
    "alone": "the only candidate",
    "unseen": "the simplest, since nothing compared the candidates",
    "only": "the only candidate that could be fitted in time to be chosen",
    "random": "chosen on random folds",
    "chosen": "chosen before the test window",
}


def _how(main: Trained) -> str:
    """Say how the candidate was chosen, or what kept it from being evaluated."""
    if main.forward is None:
        return f"not evaluated, because {main.why}"
    where, end = reason_of(main.forward.evaluation).split("_")
    return HOW.get(end, HOW[where])


def cold_start_stage(candidate: Candidate, wins: int, how: str, within: float | None = None) -> str:
    """Describe the cold-start stage of a model; `how` says how it was chosen, `within` how many days a win may take.

    >>> cold_start_stage("scorecard", 12, "the only candidate")
    'scorecard, 12 wins: the only candidate; logistic regression usually pays from about 50 wins'
    """
    later = CANDIDATES[CANDIDATES.index(candidate) + 1 :]
    waiting = [
        f"; {candidate_name(name)} usually pays from about {EXPECTED_WINS[name]:,} wins"
        for name in later
        if EXPECTED_WINS[name] > wins
    ]
    days = "" if within is None else f" within {within:g} days"
    return f"{candidate_name(candidate)}, {wins:,} wins{days}: {how}{''.join(waiting[:1])}"


def _card(
    project: Project, dataset: Dataset, trained: Mapping[str, Trained], stage: str
) -> dict[str, object]:
    return {
        "project": project.params.project,
        "synthetic": project.params.synthetic,
        **({} if dataset.leads.created_at is None else {"data_until": iso(dataset.until)}),
        "leads": len(dataset.leads),
        "cold_start_stage": stage,
        "targets": {target: _target_card(item) for target, item in trained.items()},
        "intended_use": "Ranking and explaining sales leads for people who decide. Not for decisions about credit, employment or access to services.",
    }


def _target_card(item: Trained) -> dict[str, object]:
    shipped = {
        "candidate": item.part.fitted.candidate,
        "features": len(item.part.fitted.declarations),
        "shipped_fit_rows": int(item.table.labels.used.sum()),
        "shipped_fit_positives": int(item.table.labels.y.sum()),
        "calibration": item.part.calibration.method,
    }
    if item.forward is None:
        return {**shipped, "headline": f"not evaluated: {item.why}"}
    evaluation = item.forward.evaluation
    return {
        **shipped,
        "headline": evaluation.headline,
        "warnings": list(evaluation.warnings),
        "forward": {record.candidate: record.metrics for record in evaluation.candidates},
        "judged_fit": ("on random folds" if evaluation.optimistic else "before the forward window")
        + "; the shipped model is the same recipe refitted on all mature rows",
    }
