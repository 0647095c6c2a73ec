"""Writing a run: the bundle, the evaluations and the forward scores, moved into place at the end."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lead_ml.declare import computed
from lead_ml.evaluation import Forward, Table
from lead_ml.registry.runs import ForwardScores, Run, RunRecord, save_record
from lead_ml.scoring import Bundle, write_bundle
from lead_ml.tables.dataset import Floats
from lead_ml.workflows.assemble import Trained
from lead_ml.workflows.training import Training


def write_run(training: Training, bundle: Bundle, trained: Mapping[str, Trained]) -> Run:
    """Write a run into the project's runs folder and return it."""
    project = training.project
    project.runs.mkdir(parents=True, exist_ok=True)
    fresh = project.runs / f".new-{secrets.token_hex(4)}"
    try:
        return _moved(training, bundle, trained, fresh)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _moved(training: Training, bundle: Bundle, trained: Mapping[str, Trained], fresh: Path) -> Run:
    project, dataset = training.project, training.dataset
    manifest = write_bundle(bundle, fresh / "bundle")
    record = RunRecord(
        version=manifest.version,
        project=project.params.project,
        synthetic=project.params.synthetic,
        seed=project.params.seed,
        fit_until=dataset.until,
        dated=dataset.leads.created_at is not None,
        data_digests=dict(dataset.digests),
        project_digest=project.digest,
        features=hashlib.sha256(computed(bundle.declarations)).hexdigest()[:12],
        candidates={target: item.part.fitted.candidate for target, item in trained.items()},
        left_out_features=training.left_out,
        cold_start_stage=bundle.info.cold_start_stage,
        flagged_features=training.flagged,
        hand_written=bool(training.tasks["conversion"].params.scorecard.rules),
        not_evaluated={target: item.why for target, item in trained.items() if item.forward is None},
    )
    for target, item in trained.items():
        if item.forward is not None:
            item.forward.evaluation.save(fresh / f"evaluation-{target}.json")
            _forward_scores(item.forward, item.table).save(fresh / f"forward-{target}.npz")
    folder = project.runs / manifest.version
    if folder.exists():  # its bundle is the same to the byte
        shutil.rmtree(fresh / "bundle")
        for path in fresh.iterdir():
            path.replace(folder / path.name)
        fresh.rmdir()
    else:
        fresh.rename(folder)
    save_record(folder, record)
    return Run(folder, record)


def _forward_scores(forward: Forward, table: Table) -> ForwardScores:
    test, ids = forward.test, table.dataset.leads.lead_id
    probability: dict[str, Floats] = {
        candidate: found.probability for candidate, found in forward.evaluated.items()
    }
    known = table.known(test)
    return ForwardScores(
        np.array([ids[lead] for lead in table.lead[test].tolist()]),
        table.as_of[test],
        known.y,
        known.weight,
        known.group,
        probability,
    )
