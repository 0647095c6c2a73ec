"""What one command does from the reading to the writing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lead_ml import registry as tracking
from lead_ml.errors import MissingExtra, ParamsError
from lead_ml.evaluation import Evaluation, evaluate_forward
from lead_ml.evaluation.backtest import Progress
from lead_ml.evaluation.leakage import to_json
from lead_ml.evaluation.split import groups_of
from lead_ml.evaluation.tune import Tuned, tune
from lead_ml.project.load import Project
from lead_ml.project.params import public
from lead_ml.project.targets import Kind
from lead_ml.registry.runs import AUDIT_FILE, Run, open_run
from lead_ml.report import write_report
from lead_ml.scoring import Answer, Lang, Scorer, accept_lines, served_folder
from lead_ml.scoring.thresholds import Lines
from lead_ml.tables.instants import parse_iso
from lead_ml.workflows.audit import audit_of, leaks_of
from lead_ml.workflows.load import Loaded, load, save_intake
from lead_ml.workflows.score import save_worklist, score_one, score_open
from lead_ml.workflows.train import train
from lead_ml.workflows.training_table import (
    build_table,
    horizon_days,
    labelled_spine,
    recipes_of,
    usable_features,
    windows_of,
)
from lead_ml.workflows.work import HERE, Work

if TYPE_CHECKING:
    from lead_ml.workflows.promote import Promotion


def train_report_track(
    root: Path,
    data: Path | None,
    *,
    kinds: Sequence[Kind] | None = None,
    seed: int | None = None,
    track: bool = True,
    progress: Progress = lambda _: None,
    work: Work = HERE,
) -> Run:
    """Audit, train, draw the pictures, write the report, and log the run to MLflow where it is installed."""
    loaded = reseeded(load(root, data, work), seed)
    progress("data read")
    audited = audit_of(loaded, progress)
    leaks = leaks_of(loaded, audited)
    run = train(loaded.project, loaded.dataset, kinds=kinds, leaks=leaks, progress=progress, work=work)
    if audited is not None:
        (run.folder / AUDIT_FILE).write_bytes(to_json(audited))
    save_intake(loaded.intake, run.folder / "intake.json")
    pictures = draw_pictures(run, loaded)
    progress("pictures")
    write_report(run, pictures={path.stem: path.read_bytes() for path in pictures})
    progress("report")
    if track and tracking.available():
        tracking.log_run(
            run,
            params=public(loaded.project.params),
            runs=loaded.project.runs,
            pictures=pictures,
        )
        progress("MLflow")
    return run


def judge(
    root: Path,
    data: Path | None,
    *,
    kinds: Sequence[Kind] | None = None,
    seed: int | None = None,
    progress: Progress = lambda _: None,
    work: Work = HERE,
) -> dict[str, Evaluation]:
    """Evaluate every target forward in time, writing nothing."""
    loaded = reseeded(load(root, data, work), seed)
    project, dataset = loaded.project, loaded.dataset
    declarations, _ = usable_features(project, dataset, leaks_of(loaded, audit_of(loaded, progress)))
    groups = groups_of(dataset.leads)
    found = {}
    for target in project.specs:
        table = build_table(project, dataset, target, declarations, groups, work)
        found[target] = evaluate_forward(
            table,
            windows_of(project, table, target, groups),
            recipes_of(project, target, kinds, declarations, work),
            project.params.evaluation,
            horizon_days=horizon_days(project, target),
            synthetic=project.params.synthetic,
            progress=progress,
        ).evaluation
    return found


def tune_target(
    root: Path,
    data: Path | None,
    target: str,
    *,
    trials: int,
    seed: int | None = None,
    progress: Callable[[int, float], None] = lambda _number, _best: None,
) -> Tuned:
    """Tune the LightGBM parameters of one target; the trials are kept in ``runs/tune-<target>.journal``."""
    loaded = reseeded(load(root, data), seed)
    project, dataset = loaded.project, loaded.dataset
    if target not in project.specs:
        raise ParamsError("target", value=target, expected=f"one of {', '.join(project.specs)}")
    declarations, _ = usable_features(project, dataset)
    groups = groups_of(dataset.leads)
    table = build_table(project, dataset, target, declarations, groups)
    project.runs.mkdir(parents=True, exist_ok=True)
    return tune(
        recipes_of(project, target, ("lightgbm",), declarations)[0],
        table,
        windows_of(project, table, target, groups),
        trials=trials,
        journal=project.runs / f"tune-{target}.journal",
        progress=progress,
    )


def score_project(
    root: Path,
    data: Path | None,
    *,
    version: str | None = None,
    progress: Progress = lambda _: None,
    work: Work = HERE,
) -> tuple[list[Answer], Path]:
    """Score the open leads and write the worklist; return the answers, best first, and the file."""
    loaded = load(root, data, work)
    progress("data read")
    answers = score_open(scorer_of(root, version), loaded.dataset, progress=progress, work=work)
    return answers, save_worklist(answers, loaded.dataset, loaded.project.runs)


def explain_lead(
    root: Path,
    data: Path | None,
    lead_id: str,
    *,
    version: str | None = None,
    as_of: str | None = None,
    lang: Lang = "en",
) -> Answer:
    """Score one lead of the data with all its reasons."""
    moment = None if as_of is None else parse_iso(as_of, field="--as-of")
    return score_one(scorer_of(root, version), load(root, data).dataset, lead_id, as_of=moment, lang=lang)


def scorer_of(root: Path, version: str | None = None) -> Scorer:
    """Load the champion, or a version by name."""
    runs = root / "runs"
    return Scorer.load(served_folder(runs) if version is None else open_run(runs, version).bundle)


def accept_method(scorer: Scorer, method: str, *, by: str, why: str) -> Lines:
    """Accept the lines of one method for a bundle; they are kept beside it and take effect at the next request."""
    advice = next((item for item in scorer.bundle.advice if item.method == method), None)
    if advice is None or scorer.folder is None:
        raise ParamsError(f"this version has no advice by {method}", do="train with more outcomes")
    lines = Lines.of(
        mql=advice.mql.probability,
        sql=advice.sql.probability,
        method=method,
        accepted_by=by,
        accepted_at=datetime.now(UTC).isoformat(timespec="seconds"),
        why=why,
    )
    accept_lines(scorer.folder, lines)
    return lines


def promote_version(
    root: Path, data: Path | None, version: str, *, force: str | None = None, by: str = ""
) -> Promotion:
    """Promote a version after the paired comparison; the data is read where the champion must be scored on it."""
    from lead_ml.workflows.promote import promote

    runs = root / "runs"
    has_champion = (runs / "champion.json").is_file()
    dataset = load(root, data).dataset if has_champion and force is None else None
    return promote(runs, version, force=force, dataset=dataset, by=by)


def draw_pictures(run: Run, loaded: Loaded) -> list[Path]:
    """Draw the global pictures of every target with shap; none where shap is not installed."""
    from lead_ml.report.pictures import global_pictures

    scorer = Scorer.load(run.bundle)
    found: list[Path] = []
    for target in run.targets:
        spine, _ = labelled_spine(loaded.project, loaded.dataset, target)
        scored = scorer.scored(loaded.dataset, spine)[target]
        try:
            found += global_pictures(
                scored, scored.part.fitted.declarations, run.folder / "pictures" / target
            )
        except MissingExtra:
            return []
    return found


def reseeded(loaded: Loaded, seed: int | None) -> Loaded:
    """Return the project with another seed."""
    if seed is None:
        return loaded
    project = loaded.project
    params = project.params.model_copy(update={"seed": seed})
    fresh = Project(project.root, params, project.declarations, project.specs, project.digest)
    return Loaded(fresh, loaded.dataset, loaded.intake)
