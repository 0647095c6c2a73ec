"""Scorers: bundles on disk and what they answer."""

from lead_ml.scoring.answer import Answer, FakeAnswer, Validation
from lead_ml.scoring.bundle import (
    Bundle,
    BundleInfo,
    BundlePart,
    Replay,
    load_bundle,
    read_replay,
    write_bundle,
)
from lead_ml.scoring.golden import make_golden
from lead_ml.scoring.manifest import BundleManifest, verify
from lead_ml.scoring.reasons import Reasons
from lead_ml.scoring.request import BatchRequest, LeadSchema, Prepared, ScoreRequest, prepare
from lead_ml.scoring.request_events import EventIn
from lead_ml.scoring.scorer import Scored, Scorer, score_part
from lead_ml.scoring.worklist import (
    LeadState,
    Served,
    WorklistRow,
    read_worklist,
    reworded,
    serve_version,
    served_folder,
    served_version,
    write_worklist,
)

__all__ = [
    "Answer",
    "BatchRequest",
    "Bundle",
    "BundleInfo",
    "BundleManifest",
    "BundlePart",
    "EventIn",
    "FakeAnswer",
    "LeadSchema",
    "LeadState",
    "Prepared",
    "Reasons",
    "Replay",
    "ScoreRequest",
    "Scored",
    "Scorer",
    "Served",
    "Validation",
    "WorklistRow",
    "load_bundle",
    "make_golden",
    "prepare",
    "read_replay",
    "read_worklist",
    "reworded",
    "score_part",
    "serve_version",
    "served_folder",
    "served_version",
    "verify",
    "write_bundle",
    "write_worklist",
]
