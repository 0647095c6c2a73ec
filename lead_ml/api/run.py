"""A trained run as a notebook shows it: report, figures, and the model behind them."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lead_ml.api.model import Model
from lead_ml.registry.runs import Run
from lead_ml.workflows.promote import Promotion, promote_version

if TYPE_CHECKING:
    import pandas as pd

    from lead_ml.evaluation import Evaluation


@dataclass(frozen=True)
class Report:
    """The report of a run: an HTML file that a notebook shows in place."""

    path: Path

    def _repr_html_(self) -> str:
        page = html.escape(self.path.read_text(encoding="utf-8"), quote=True)
        return f'<iframe srcdoc="{page}" style="width:100%;height:720px;border:1px solid #ccc"></iframe>'


@dataclass(frozen=True, repr=False)
class TrainedRun(Run):
    """One training: its version on disk, what was measured, and the model that would serve.

    Returned by :func:`lead_ml.fit` and :func:`lead_ml.train`.
    """

    @classmethod
    def of(cls, run: Run) -> TrainedRun:
        """Dress a run on disk."""
        return cls(run.folder, run.record)

    @property
    def version(self) -> str:
        """Version of the bundle."""
        return self.record.version

    def report(self) -> Report:
        """Return the report; the last line of a notebook cell shows it, ``.path`` is the file."""
        return Report(self.folder / "report.html")

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """Figures of the forward evaluation, one row per target, candidate and metric.

        Columns: ``target``, ``candidate`` (the base rate too), ``metric``, ``value``, ``lower`` and ``upper`` (the
        bootstrap interval over leads), ``positives`` (positive rows of the forward window), ``chosen``.
        """
        import pandas as pd

        found = [(target, self.evaluation(target)) for target in self.targets]
        rows = [row for target, evaluation in found if evaluation for row in _metrics(evaluation, target)]
        names = ["target", "candidate", "metric", "value", "lower", "upper", "positives", "chosen"]
        return pd.DataFrame(rows, columns=names)

    @cached_property
    def model(self) -> Model:
        """The model of this run."""
        return Model.load(self.bundle)

    def __repr__(self) -> str:
        """Return one line: version, chosen candidates, and the headline of the conversion model."""
        chosen = ", ".join(f"{target}: {candidate}" for target, candidate in self.record.candidates.items())
        return f"TrainedRun({self.version}, {chosen})"

    def _repr_html_(self) -> str:
        evaluation = self.evaluation("conversion")
        headline = "" if evaluation is None else f"<p>{html.escape(evaluation.headline)}</p>"
        table: str = self.metrics.to_html(index=False, float_format=lambda value: f"{value:.4f}")
        return f"<p><b>{html.escape(repr(self))}</b></p>{headline}{table}"


def promote(
    run: Run | str, *, root: Path | str | None = None, by: str = "", force: str | None = None
) -> Promotion:
    """Promote a run after the paired comparison with the version that serves.

    Parameters
    ----------
    run
        A run, or a version of the project in `root`.
    root
        Folder of the project; that of the run by default.
    by, force
        Who decides; a reason to promote although the comparison refuses, which is recorded.

    Raises
    ------
    PromotionRefused
        If the comparison does not allow it; the message has the figures.
    """
    version = run if isinstance(run, str) else run.record.version
    if root is None:
        root = Path() if isinstance(run, str) else run.folder.parent.parent
    return promote_version(Path(root), None, version, force=force, by=by)


def _metrics(evaluation: Evaluation, target: str) -> Iterator[tuple[Any, ...]]:
    positives = evaluation.tested.test_positives
    for item in evaluation.candidates:
        for name, figure in item.metrics.items():
            bounds = figure.value, figure.lower, figure.upper
            yield target, item.candidate, name, *bounds, positives, item.candidate == evaluation.chosen
