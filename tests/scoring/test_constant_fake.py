"""A model of fakes that gives every lead the same probability says nothing of any lead, so nothing of it is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from lead_ml.scoring import Scorer
from lead_ml.workflows.load import load
from lead_ml.workflows.score import score_open


def test_the_probability_of_a_constant_model_of_fakes_is_not_shown(trained: Any) -> None:
    scorer, dataset = Scorer.load(trained.bundle), load(trained.root).dataset
    assert all(answer.fake for answer in score_open(scorer, dataset)[:20])
    info = msgspec.structs.replace(scorer.bundle.info, constant=("fake",))
    constant = replace(scorer, bundle=replace(scorer.bundle, info=info))
    answers = score_open(constant, dataset)
    assert {answer.fake for answer in answers} == {None}
    assert "verify" not in {answer.stage for answer in answers}
