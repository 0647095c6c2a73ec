"""The demo: a synthetic CRM from the first row to the explained worklist, through the same steps as real data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lead_ml.errors import PromotionRefused
from lead_ml.language import LANGUAGES
from lead_ml.workflows.init import init_project

if TYPE_CHECKING:
    from lead_ml.registry.runs import Run
    from lead_ml.scoring import Answer, Scorer
    from lead_ml.workflows.load import Loaded


@dataclass(frozen=True)
class Demo:
    """What the demo did, step by step.

    ``explained`` is the best lead in English and in Chinese; ``serves`` tells whether any version was promoted.
    """

    loaded: Loaded
    run: Run
    promotion: str
    scorer: Scorer
    answers: Sequence[Answer]
    explained: tuple[Answer, Answer]
    serves: bool
    shown: int

    def plain(self) -> dict[str, Any]:
        """Return the results as plain data."""
        return {
            "run": self.run.record,
            "folder": str(self.run.folder),
            "evaluations": {target: self.run.evaluation(target) for target in self.run.targets},
            "promotion": self.promotion,
            "thresholds": self.scorer.thresholds,
            "open_leads": len(self.answers),
            "best": self.answers[: self.shown],
        }


def run_demo(
    folder: Path, *, leads: int, seed: int, shown: int, progress: Callable[[str], None] = lambda _: None
) -> Demo:
    """Make the data unless it is there, then train, promote, score and explain.

    A second run goes on from the first: its version is compared with the one that serves.
    """
    from lead_ml.demo import generate, write
    from lead_ml.workflows.load import load
    from lead_ml.workflows.score import TOP, score_one, score_project, scorer_of
    from lead_ml.workflows.train import train_project

    if not (folder / "params.yaml").is_file():
        init_project(folder)
    if (folder / "leads.csv").is_file():
        progress("the folder holds a synthetic CRM already, which is used as it is")
    else:
        write(generate(leads, seed), folder)
        progress("synthetic CRM written")
    run = train_project(folder, None, seed=seed, progress=progress)
    promotion = _promoted(folder, run)
    progress("promotion decided")
    version = None if _serves(folder) else run.record.version
    scored = score_project(folder, None, version=version, progress=progress)
    answers = scored.best(scored.ranked)
    loaded, scorer, best = load(folder), scorer_of(folder, version), answers[0].lead_id
    english, chinese = (score_one(scorer, loaded.dataset, best, lang=lang, top=TOP) for lang in LANGUAGES)
    return Demo(loaded, run, promotion, scorer, answers, (english, chinese), _serves(folder), shown)


def _promoted(folder: Path, run: Run) -> str:
    """Promote the version if it passes the gate; return the decision, also a refusal."""
    from lead_ml.scoring import served_version
    from lead_ml.workflows.promote import promote_version

    version = run.record.version
    if _serves(folder) and served_version(folder / "runs").version == version:
        return f"{version} serves already."
    try:
        return promote_version(folder, None, version, by="demo", force=None).words
    except PromotionRefused as refusal:
        return str(refusal)


def _serves(folder: Path) -> bool:
    return (folder / "runs" / "champion.json").is_file()
