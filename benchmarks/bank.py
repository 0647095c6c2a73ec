"""UCI Bank Marketing four ways, forward in time: how much of a figure is the model, and how much what someone declared.

1. the project that `lead-ml init` drafts, unedited: columns of unknown timing stay out;
2. every column but `duration` declared known at creation, as the example declares it, without its scorecard;
3. the hand-written scorecard of the example;
4. what its ten flags are worth without its points: a logistic regression learned on the flags before the test window, and random
   points with the signs of the scorecard (median of 200 draws).

The first is evaluated on the test window that `init` drafts, the last 20% of the leads; the others on that of the example, the last 30%.

Usage: python benchmarks/bank.py DATA_FOLDER [--json]     (DATA_FOLDER as for public.py)
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from lead_ml.asof.matrix import take
from lead_ml.evaluation.backtest import fit_rows
from lead_ml.model.metrics import fit_logit, roc_auc, sigmoid
from lead_ml.project.load import Project, load_project
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.read import read_dataset
from lead_ml.workflows.init import init_from_export
from lead_ml.workflows.load import load
from lead_ml.workflows.train import train
from lead_ml.workflows.training import Training

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "bank_marketing"
DRAWS = 200


def prepared(data: Path, folder: Path) -> Path:
    """Write the leads with their dates; return the file."""
    source = data / "bank_marketing" / "bank-full.csv"
    subprocess.run([sys.executable, EXAMPLE / "prepare.py", source, folder], check=True)
    return folder / "leads.csv"


def figures(what: str, project: Project, dataset: Dataset, candidate: str | None = None) -> dict[str, Any]:
    """Train a project; return the figures of the chosen candidate, or of the one named."""
    evaluation = train(project, dataset, candidates=None if candidate is None else (candidate,)).evaluation(
        "conversion"
    )
    assert evaluation is not None
    own = evaluation.of(evaluation.chosen).metrics
    found = {name: [own[name].value, own[name].lower, own[name].upper] for name in ("log_loss", "roc_auc")}
    positives = evaluation.windows[-1].test_positives
    return {
        "what": what,
        "candidate": evaluation.chosen,
        "signal": evaluation.signal,
        **found,
        "positives": positives,
    }


def drafted(folder: Path, leads: Path) -> tuple[Project, Dataset]:
    """Draft a project as `init` does, with nothing edited."""
    init_from_export(folder, leads)
    loaded = load(folder)
    return loaded.project, loaded.dataset


def flags(project: Project, dataset: Dataset) -> list[dict[str, Any]]:
    """Return the AUC of a logistic regression on the flags of the scorecard, and of random points with its signs."""
    training = Training(project, dataset)
    task = training.tasks["conversion"]
    table = training.table(task)
    window = training.windows(task, table)[-1]
    (recipe,) = training.recipes(task, ("scorecard",))
    fitted = fit_rows(recipe, table, window.fit, known_by=window.start)

    def matched(rows: np.ndarray) -> np.ndarray:
        X = fitted.matrix(take(table.raw, rows))
        return np.column_stack([rule.matches(X[:, rule.column]) for rule in fitted.model.rules]).astype(float)

    known, y = table.known(window.fit, window.start), table.labels.y[window.test]
    fit, test = matched(window.fit), matched(window.test)
    columns = np.vstack([fit.T, np.ones(len(fit))])
    b = fit_logit(columns, known.y, known.weight, ridge=np.full(len(columns), 1e-3))
    signs = np.sign([rule.points for rule in fitted.model.rules])
    rng = np.random.default_rng(7)
    areas = [roc_auc(y, sigmoid(test @ (signs * rng.exponential(size=len(signs))))) for _ in range(DRAWS)]
    learned = roc_auc(y, sigmoid(test @ b[:-1]))
    low, middle, high = np.quantile(areas, (0.05, 0.5, 0.95))
    return [
        {"what": "4. the ten flags, points learned", "roc_auc": [learned, None, None]},
        {
            "what": "4. the ten flags, random points of the same signs (5-95% of draws)",
            "roc_auc": [middle, low, high],
        },
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        leads = prepared(asked.data, root / "data")
        shutil.copytree(EXAMPLE, root / "example", ignore=shutil.ignore_patterns("runs"))
        example = load_project(root / "example")
        dataset, _ = read_dataset(example.params, root / "data")
        rows = [
            figures("1. init, unedited", *drafted(root / "drafted", leads)),
            figures("2. every column but duration known at creation, logistic", example, dataset, "logistic"),
            figures("3. the hand-written scorecard", example, dataset, "scorecard"),
            *flags(example, dataset),
        ]
    if asked.json:
        print(json.dumps(rows, indent=1))
        return 0
    table = Table("", "candidate", "log-loss", "AUC", "signal")
    for row in rows:
        loss = row.get("log_loss")
        table.add_row(
            row["what"],
            row.get("candidate", ""),
            "" if loss is None else _shown(loss),
            _shown(row["roc_auc"]),
            row.get("signal", ""),
        )
    Console().print(table)
    return 0


def _shown(found: list[Any]) -> str:
    value, lower, upper = found
    return f"{value:.3f}" if lower is None else f"{value:.3f} ({lower:.3f}-{upper:.3f})"


if __name__ == "__main__":
    sys.exit(main())
