"""Scorers: bundles on disk and what they answer."""

from lead_ml.scoring.answer import LANGS, Answer, FakeAnswer, Lang, Reasons
from lead_ml.scoring.bundle import (
    Bundle,
    Facts,
    Part,
    accept_lines,
    accepted_lines,
    load_bundle,
    write_bundle,
)
from lead_ml.scoring.golden import Golden, make_golden
from lead_ml.scoring.manifest import Manifest, verify
from lead_ml.scoring.request import BatchRequest, EventIn, LeadSchema, Prepared, ScoreRequest, prepare
from lead_ml.scoring.scorer import Scored, Scorer, score_part
from lead_ml.scoring.worklist import (
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
    "LANGS",
    "Answer",
    "BatchRequest",
    "Bundle",
    "EventIn",
    "Facts",
    "FakeAnswer",
    "Golden",
    "Lang",
    "LeadSchema",
    "Manifest",
    "Part",
    "Prepared",
    "Reasons",
    "ScoreRequest",
    "Scored",
    "Scorer",
    "Served",
    "WorklistRow",
    "accept_lines",
    "accepted_lines",
    "load_bundle",
    "make_golden",
    "prepare",
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
