"""Promotion and rollback: which version serves, decided by figures, tried before it serves, and written down.

::

    runs/champion.json        the version that serves, replaced in one step
    runs/promotions.jsonl     every promotion and rollback, one line each, only ever appended to
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from lead_ml import registry as tracking
from lead_ml.errors import BundleError, LeadMLError, PromotionRefused
from lead_ml.model.metrics import Interval
from lead_ml.registry.runs import Run, open_run
from lead_ml.scoring import BundleInfo, Served, serve_version, served_version, verify
from lead_ml.scoring.manifest import NAME as MANIFEST
from lead_ml.scoring.subprocess_check import try_bundle
from lead_ml.scoring.worklist import CHAMPION
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.durable import append_line
from lead_ml.workflows.carry_over import CarriedOver, carried_over
from lead_ml.workflows.decision import Decision, decide, without_signal
from lead_ml.workflows.load import load

LOG, RECORD = "promotions.jsonl", "run.json"

_logger = logging.getLogger(__name__)


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log.

    ``at`` is ISO 8601 UTC; ``previous`` the version that served before; ``rule``, ``allowed`` and ``figures`` what the
    comparison said (a rollback has none); ``forced`` the reason given with ``--force``; ``thresholds`` what becomes of the
    thresholds; ``by`` who did it.
    """

    at: str = msgspec.field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    )
    action: Literal["promote", "rollback"]
    version: str
    previous: str | None
    rule: str = "rollback"
    allowed: bool = True
    figures: dict[str, Interval] = {}
    forced: str | None = None
    thresholds: CarriedOver | None = None
    by: str
    words: str


def promote_version(
    root: Path, data: Path | None, version: str, *, force: str | None = None, by: str = ""
) -> Promotion:
    """Promote a version after the paired comparison; the data is read where the champion must be scored on it."""
    compared = (root / "runs" / CHAMPION).is_file() and force is None
    dataset = load(root, data).dataset if compared else None
    return promote(root / "runs", version, force=force, dataset=dataset, by=by)


def promote(
    runs: Path,
    version: str = "latest",
    force: str | None = None,
    dataset: Dataset | None = None,
    by: str = "",
) -> Promotion:
    """Let a version serve, if it passes the promotion gate or is forced; `force` is the reason, recorded as `by` is.

    Today's data answers for the rows that the champion did not evaluate itself. PromotionRefused carries the figures; a bundle is
    tried in a process of its own, never here.
    """
    if force is not None and not force.strip():
        raise PromotionRefused("a forced promotion needs a reason", value=force, do="say why: --force REASON")
    challenger = open_run(runs, version)
    previous = served_version(runs).version if (runs / CHAMPION).is_file() else None
    chosen = challenger.record.version
    _refuse_same(chosen, previous)
    decision = decide(challenger, _champion(runs, previous, force), dataset=dataset)
    if not decision.allowed and force is None:
        raise PromotionRefused(f"{chosen} is not promoted: {decision.words}", do=decision.do)
    _prove(challenger.bundle, chosen)
    carried = carried_over(runs, previous, chosen)
    words = f"{chosen} {'promoted' if decision.allowed else 'promoted by force'}: {decision.words}"
    words = words if force is None else f"{words}; reason given: {force}"
    done = Promotion(
        action="promote",
        version=chosen,
        previous=previous,
        rule=decision.rule,
        allowed=decision.allowed,
        figures=decision.figures,
        forced=force,
        thresholds=carried,
        by=by,
        words=f"{words}; {carried.words}",
    )
    return _serve(runs, done)


def refusal(run: Run) -> Decision | None:
    """Return what the gate is sure to say against promoting a run; None if it may pass."""
    runs, version = run.folder.parent, run.record.version
    try:
        previous = served_version(runs).version if (runs / CHAMPION).is_file() else None
        champion = _champion(runs, previous, None)
    except LeadMLError as error:
        return Decision(allowed=False, rule="change", words=error.problem, do=error.do)
    if version == previous:
        do = "train again when there are new data or other settings"
        return Decision(allowed=False, rule="refresh", words=f"{version} serves already", do=do)
    compared = champion is not None and run.record.dated and champion.record.dated
    decision = without_signal(run) if compared else decide(run, champion)
    return None if decision is None or decision.allowed else decision


def rollback(runs: Path, to: str | None = None, by: str = "", why: str = "") -> Promotion:
    """Let an earlier version serve again: any that has a bundle, by default the one that served before.

    Raises
    ------
    PromotionRefused
        If nothing served before, there is no such version, or it serves already.
    BundleError
        If nothing serves yet, or the bundle is damaged or fails its trial.
    """
    current = served_version(runs).version
    chosen = _before(promotions(runs), current) if to is None else _with_bundle(runs, to)
    _refuse_same(chosen, current)
    _prove(runs / chosen / "bundle", chosen)
    carried = carried_over(runs, current, chosen)
    words = f"rolled back from {current} to {chosen}" + (f": {why}" if why else "") + f"; {carried.words}"
    done = Promotion(
        action="rollback", version=chosen, previous=current, thresholds=carried, by=by, words=words
    )
    return _serve(runs, done)


def promotions(runs: Path) -> list[Promotion]:
    """Read the log, oldest first; empty before the first promotion."""
    lines = (runs / LOG).read_bytes().splitlines() if (runs / LOG).is_file() else []
    return [msgspec.json.decode(line, type=Promotion) for line in lines]


def _champion(runs: Path, version: str | None, force: str | None) -> Run | None:
    """Open the run that serves; one restored from the registry has no record, and only force can replace it."""
    if version is None:
        return None
    if (runs / version / RECORD).is_file():
        return open_run(runs, version)
    if force is not None:
        return None
    raise PromotionRefused(
        f"nothing can be compared: the version that serves, {version}, has no {RECORD}",
        do=f"restore {runs / version / RECORD}, or promote with --force REASON",
    )


def _serve(runs: Path, done: Promotion) -> Promotion:
    served = Served(
        version=done.version,
        folder=f"{done.version}/bundle",
        at=done.at,
        why=done.words,
        forced=done.forced if done.action == "promote" else _forced_before(promotions(runs), done.version),
    )
    serve_version(runs, served)
    append_line(runs / LOG, msgspec.json.encode(done))
    _tell_registry(runs, done)
    return done


def _forced_before(log: Sequence[Promotion], version: str) -> str | None:
    """Return the reason with which a version was last promoted by force: a rollback to it does not clear it."""
    return next(
        (entry.forced for entry in reversed(log) if (entry.action, entry.version) == ("promote", version)),
        None,
    )


def _tell_registry(runs: Path, done: Promotion) -> None:
    """Move the alias where the version is registered. The runs folder decides what serves, so a failure only warns."""
    if not (tracking.available() and tracking.store_exists(runs)):
        return
    info = msgspec.json.decode((runs / done.version / "bundle" / "scorer.json").read_bytes(), type=BundleInfo)
    try:
        known = tracking.mark_promoted(
            runs, info.project, done.version, promoted_at=done.at, why=done.words, forced=done.forced
        )
    except LeadMLError as error:
        _logger.warning("%s serves, but the registry does not know it: %s", done.version, error)
        return
    if not known:
        _logger.info("%s is not registered with MLflow", done.version)


def _prove(bundle: Path, version: str) -> None:
    try_bundle(bundle)
    found = verify(bundle).version
    if found != version:
        raise BundleError(
            f"{bundle} is not the bundle of its run",
            value=found,
            expected=version,
            do="restore it from the registry",
        )


def _refuse_same(chosen: str, current: str | None) -> None:
    if chosen == current:
        raise PromotionRefused(f"{chosen} serves already", do="name another version")


def _before(log: Sequence[Promotion], current: str) -> str:
    """Return the version under the current one: a promotion goes on top of the pile, a rollback uncovers it again."""
    pile: list[str] = []
    for entry in log:
        if entry.action == "rollback" and entry.version in pile:
            while pile[-1] != entry.version:
                pile.pop()
        else:
            if entry.previous is not None and entry.previous not in pile[-1:]:
                pile.append(entry.previous)
            pile.append(entry.version)
    if pile[-1:] == [current]:
        pile.pop()
    if not pile:
        raise PromotionRefused(f"nothing served before {current}", do="name a version: rollback --to VERSION")
    return pile[-1]


def _with_bundle(runs: Path, to: str) -> str:
    """Return the one version that begins so and has a bundle, with or without the record of its run."""
    known = sorted(path.parent.parent.name for path in runs.glob(f"*/bundle/{MANIFEST}"))
    found = [name for name in known if name.startswith(to)]
    if len(found) != 1:
        raise PromotionRefused("no such version", value=to, expected=f"one of {', '.join(known) or 'none'}")
    return found[0]
