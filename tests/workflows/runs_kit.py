"""Fabricated runs: forward scores with a known truth, and sealed folders for bundles."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from seals import resealed

from lead_ml.evaluation import Choice, Evaluation
from lead_ml.evaluation.backtest import log_loss_gap
from lead_ml.evaluation.summary import candidate_record, signal_of
from lead_ml.model import Calibration
from lead_ml.model.metrics import Interval, Known, Resampling, bootstrap
from lead_ml.project.params import EvaluationParams
from lead_ml.registry.runs import ForwardScores, Run, RunRecord, save_record
from lead_ml.scoring import BundleInfo
from lead_ml.tables.cell_rules import CellRules

DAY = 86_400_000_000
ROWS = 3_000
START = 1_000 * DAY


def world(rows: int = ROWS, seed: int = 1, positives: float = -2.0) -> tuple[np.ndarray, np.ndarray]:
    """True logits and labels drawn from them."""
    rng = np.random.default_rng(seed)
    logit = positives + 1.5 * rng.standard_normal(rows)
    return logit, (rng.random(rows) < sigmoid(logit)).astype(np.float64)


def sigmoid(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


def noisy(logit: np.ndarray, noise: float, seed: int = 2) -> np.ndarray:
    """Probabilities of a model that sees the truth through noise."""
    return sigmoid(logit + noise * np.random.default_rng(seed).standard_normal(len(logit)))


def forward(y: np.ndarray, first: int = 0, **candidates: np.ndarray) -> ForwardScores:
    """One row per lead, a day apart."""
    rows = first + np.arange(len(y))
    return ForwardScores(
        lead_id=np.array([f"L{row}" for row in rows]),
        as_of=START + rows * DAY,
        y=y,
        weight=np.ones(len(y)),
        group=rows,
        probability=candidates,
    )


def fabricate(
    runs: Path,
    name: str,
    scores: ForwardScores | None,
    *,
    candidate: str = "lightgbm",
    features: str = "same",
    dated: bool = True,
    fit_until: int = START + 10_000 * DAY,
    fake: ForwardScores | None = None,
    base_rate: float | None = None,
    hand_written: bool = True,
) -> Run:
    """A run whose bundle is sealed but holds no model; its version is the digest of its seal."""
    facts = BundleInfo(
        project="demo",
        synthetic=True,
        until=fit_until,
        columns=(),
        rules=CellRules(),
        dated=dated,
        reference_odds=0.1,
        fake_flag=0.5,
    )
    draft = runs / f"draft-{name}"
    (draft / "bundle").mkdir(parents=True)
    (draft / "bundle" / "scorer.json").write_bytes(msgspec.json.encode(facts))
    (draft / "bundle" / "name.json").write_text(name)
    version = resealed(draft / "bundle").version
    folder = draft.rename(runs / version)
    if scores is not None:
        scores.save(folder / "forward-conversion.npz")
        evaluated(folder, scores, candidate, base_rate)
    if fake is not None:
        fake.save(folder / "forward-fake.npz")
    record = RunRecord(
        version=version,
        project="demo",
        synthetic=True,
        seed=7,
        fit_until=fit_until,
        dated=dated,
        data_digests={},
        project_digest="p",
        features=features,
        candidates={"conversion": candidate} | ({} if fake is None else {"fake": candidate}),
        left_out_features=(),
        cold_start_stage="",
        hand_written=hand_written,
        not_evaluated={} if scores is not None else {"conversion": "the forward window has 0 positive rows"},
    )
    save_record(folder, record)
    return Run(folder, record)


def evaluated(folder: Path, scores: ForwardScores, candidate: str, base_rate: float | None = None) -> None:
    """Add the evaluation of a candidate against the base rate."""
    rate = float(scores.y.mean()) if base_rate is None else base_rate
    own, flat = scores.probability[candidate], np.full(len(scores.y), min(max(rate, 1e-3), 1 - 1e-3))
    known, options = Known(scores.y, scores.weight, scores.group), EvaluationParams(bootstrap=200)
    over_base, auc = log_loss_gap(known, flat, own, options, 1), Interval(np.nan, np.nan, np.nan)
    if 0 < scores.y.mean() < 1:
        auc = bootstrap(known, own, Resampling(200, 0.95, 1), ["roc_auc"])["roc_auc"]
    Evaluation(
        target="conversion",
        horizon_days=30,
        synthetic=True,
        optimistic=False,
        base_rate=rate,
        windows=(),
        candidates=tuple(
            candidate_record(
                name, {"roc_auc": auc} if name == candidate else {}, Calibration.identity(), 0.0, {}
            )
            for name in scores.probability
        ),
        choice=Choice(candidate=candidate),
        lead_over={},
        over_base=over_base,
        signal=signal_of(over_base, auc, len(np.unique(scores.lead_id[scores.y > 0]))),
        headline="",
        warnings=(),
        slices=(),
        left_out={},
    ).save(folder / "evaluation-conversion.json")


def challenger(runs: Path, noise: float, *, seed: int = 3, **options: object) -> Run:
    logit, y = world()
    return fabricate(
        runs, f"challenger {noise} {seed}", forward(y, lightgbm=noisy(logit, noise, seed)), **options
    )  # type: ignore[arg-type]
