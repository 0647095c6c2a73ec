"""How often a model without signal is promoted, and one with signal refused. Data is SYNTHETIC.

Worlds (`--worlds`): leads with four numbers, of which the truth is a logistic function with a given AUC, are trained on, evaluated
forward in time and put before the promotion gate, all as `train` and `promote` do. In worlds without signal the outcomes are
permuted between leads. Power (the table): a model that knows the true probabilities, by its AUC and by the wins in the test window;
shown is how often the test finds a signal. It is the most that any model of that AUC can hope for.

Usage: python benchmarks/promotion.py [--worlds 50] [--draws 200] [--auc .65] [--wins 400] [--json] [--smoke]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.stats import norm

from lead_ml.evaluation.summary import signal_of
from lead_ml.model.metrics import Known, Resampling, bootstrap, paired_bootstrap
from lead_ml.project.load import Project, load_project
from lead_ml.tables.dataset import Coded, Dataset, Leads, Outcomes
from lead_ml.workflows.decision import decide
from lead_ml.workflows.train import train

DAY = 86_400_000_000
START = 1_767_225_600_000_000  # 2026-01-01
RATE, TEST_SHARE, NUMBERS = 0.1, 0.25, 4
AUCS, WINS = (0.52, 0.55, 0.6, 0.65, 0.7, 0.75), (50, 100, 200, 400, 800)
FEATURES = """
from lead_ml import number
GROUP = "fit"
FEATURES = [number(f"x{k}", en=f"Number {k}", zh=f"Number {k}") for k in range(4)]
"""
MODEL = """
from lead_ml import ModelSpec, Won
SPEC = ModelSpec(name="conversion", target=Won(), groups=("fit",), candidates=("scorecard", "logistic"))
"""
RULES = [{"feature": f"x{k}", "at_least": 0.5, "points": 2} for k in range(NUMBERS)]


def project_in(root: Path) -> Project:
    """Write a project of four numbers."""
    for folder, name, text in (("features", "fit.py", FEATURES), ("models", "conversion.py", MODEL)):
        (root / folder).mkdir(parents=True)
        (root / folder / name).write_text(text)
    content = {
        "project": "signal",
        "synthetic": True,
        "data": {"leads": {"path": "leads.csv"}},
        "known_at": {f"x{k}": "creation" for k in range(NUMBERS)},
        "snapshots": {"ages_days": []},
        "split": {"test_share": TEST_SHARE, "folds": 2},
        "evaluation": {"bootstrap": 200},
        "threads": 1,
        "conversion": {"horizon_days": 10, "scorecard": {"base_rate": RATE, "rules": RULES}},
    }
    (root / "params.yaml").write_text(yaml.safe_dump(content))
    return load_project(root)


def spread_of(auc: float) -> float:
    """Return the standard deviation of the logit under which true probabilities have about this AUC.

    For a binormal score AUC = Phi(d / sqrt 2), and at low rates d is the deviation of the logit.
    """
    return float(np.sqrt(2.0) * norm.ppf(auc))


def probabilities(logit: np.ndarray, rate: float) -> np.ndarray:
    """Return the probabilities of logits moved to a mean of `rate`."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-logit - middle))).mean() < rate else (low, middle)
    return np.asarray(1 / (1 + np.exp(-logit - low)))


def world(seed: int, auc: float, wins: int, *, permuted: bool) -> Dataset:
    """Draw leads over 400 days; those of the test window hold about `wins` wins."""
    rng = np.random.default_rng(seed)
    leads = round(wins / RATE / TEST_SHARE)
    created = START + np.sort(rng.integers(0, 400 * 24 * 60, leads)) * (DAY // 1440)
    X = np.round(rng.normal(size=(leads, NUMBERS)), 4)
    won = rng.random(leads) < probabilities(X @ np.full(NUMBERS, spread_of(auc) / np.sqrt(NUMBERS)), RATE)
    if permuted:
        won = rng.permutation(won)
    columns = {f"x{k}": Coded.of([repr(value) for value in X[:, k].tolist()]) for k in range(NUMBERS)}
    lead = np.flatnonzero(won)
    at = created[lead] + rng.integers(DAY, 9 * DAY, len(lead))
    outcomes = Outcomes(lead, at, at, {"stage": Coded.of(["won"] * len(lead))}, np.full(len(lead), np.nan))
    ids = tuple(f"L{k:06d}" for k in range(leads))
    return Dataset(Leads(ids, created, columns), None, outcomes, int(created.max()) + 11 * DAY)


def worlds(count: int, auc: float, wins: int, *, permuted: bool) -> dict[str, object]:
    """Train and evaluate worlds; return how many were promoted, and what was said of their signal."""
    said, promoted = Counter[str](), 0
    title = f"{count} worlds {'without signal' if permuted else f'of AUC {auc}'}"
    for seed in track(range(count), description=title, console=Console(stderr=True)):
        with tempfile.TemporaryDirectory() as folder:
            project = project_in(Path(folder) / "project")
            run = train(project, world(seed, auc, wins, permuted=permuted))
            evaluation = run.evaluation("conversion")
            assert evaluation is not None
            said[evaluation.signal] += 1
            promoted += decide(run, None).allowed
    return {
        "worlds": count,
        "auc": 0.5 if permuted else auc,
        "wins": wins,
        "promoted": promoted,
        "said": dict(said),
    }


def power(auc: float, wins: int, draws: int) -> float:
    """Return the share of draws in which the true probabilities are found to have a signal."""
    rng = np.random.default_rng([round(auc * 1000), wins])
    rows, found = round(wins / RATE), 0
    for seed in range(draws):
        p = probabilities(rng.normal(0.0, spread_of(auc), rows), RATE)
        known = Known((rng.random(rows) < p).astype(float), np.ones(rows), np.arange(rows))
        resampling = Resampling(n_boot=200, level=0.95, seed=seed)
        gap = paired_bootstrap(known, np.full(rows, RATE), p, resampling, metric="log_loss")
        own = bootstrap(known, p, resampling, ("roc_auc",))["roc_auc"]
        found += signal_of(gap, own, wins) == "signal"
    return found / draws


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=50)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--auc", type=float, default=0.65)
    parser.add_argument("--wins", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="few and small, to see that it runs")
    asked = parser.parse_args()
    aucs, wins = (AUCS, WINS) if not asked.smoke else (AUCS[:2], WINS[:2])
    if asked.smoke:
        asked.worlds, asked.draws, asked.wins = 1, 3, 100
    found = [worlds(asked.worlds, asked.auc, asked.wins, permuted=permuted) for permuted in (True, False)]
    cells = [
        {"auc": auc, "wins": count, "power": power(auc, count, asked.draws)}
        for auc in track(aucs, description="power", console=Console(stderr=True))
        for count in wins
    ]
    if asked.json:
        print(json.dumps({"synthetic": True, "worlds": found, "power": cells}, indent=1))
        return 0
    table = Table(
        "AUC", *(f"{count} wins" for count in wins), title="SYNTHETIC: share in which a signal is found"
    )
    for auc in aucs:
        table.add_row(f"{auc:.2f}", *(f"{cell['power']:.0%}" for cell in cells if cell["auc"] == auc))
    for item in found:
        Console().print(
            f"{item['worlds']} worlds of AUC {item['auc']}, {item['wins']} wins in the test window: "
            f"{item['promoted']} promoted, {item['said']}"
        )
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
