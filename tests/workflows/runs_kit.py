"""Fabricated runs: forward scores with a known truth, and sealed folders for bundles."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from lead_ml.evaluation import Evaluation
from lead_ml.registry.runs import ForwardScores, Run, RunRecord, save_record
from lead_ml.scoring import BundleInfo
from lead_ml.scoring.manifest import seal

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
) -> Run:
    """A run whose bundle is sealed but holds no model; its version is the digest of its seal."""
    facts = BundleInfo(
        project="demo",
        synthetic=True,
        until=fit_until,
        columns=(),
        zone="UTC",
        missing=(),
        dated=dated,
        reference_odds=0.1,
        fake_flag=0.5,
    )
    draft = runs / f"draft-{name}"
    (draft / "bundle").mkdir(parents=True)
    (draft / "bundle" / "scorer.json").write_bytes(msgspec.json.encode(facts))
    (draft / "bundle" / "name.json").write_text(name)
    version = seal(draft / "bundle").version
    folder = draft.rename(runs / version)
    if scores is not None:
        scores.save(folder / "forward-conversion.npz")
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
    )
    save_record(folder, record)
    return Run(folder, record)


def evaluated(folder: Path, base_rate: float) -> None:
    """Add an evaluation that only knows the base rate."""
    Evaluation(
        target="conversion",
        horizon_days=30,
        synthetic=True,
        optimistic=False,
        base_rate=base_rate,
        windows=(),
        candidates=(),
        winner="scorecard",
        lead_over={},
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
