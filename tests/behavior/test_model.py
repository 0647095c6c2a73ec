"""What a trained model must do whatever it learned: add up, keep directions, and not see what it was not given."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from asked import ALL_REASONS, contributions, request_of

from lead_ml.asof.join import features_at
from lead_ml.asof.labels import Spine, open_leads
from lead_ml.registry.runs import Run
from lead_ml.scoring import Answer, EventIn, Scorer, ScoreRequest, prepare

RANK = {"D": 0, "C": 1, "B": 2, "A": 3}


@pytest.fixture(scope="module")
def spine(trained: Any) -> Spine:
    everyone = open_leads(trained.dataset, trained.dataset.until)
    return everyone.take(np.arange(0, len(everyone), 3))


@pytest.fixture(scope="module")
def answers(trained: Any, candidate_scorer: Scorer, spine: Spine) -> list[Answer]:
    return candidate_scorer.score_dataset(trained.dataset, spine, top=ALL_REASONS)


def ask(scorer: Scorer, request: ScoreRequest) -> Answer:
    return scorer.score_prepared([prepare(request, scorer.bundle.schema, 0)])[0]


def good_lead(**changes: Any) -> ScoreRequest:
    lead = {
        "lead_id": "G-1",
        "created_at": "2026-06-25T08:00:00Z",
        "name": "Wang Xiaoming",
        "email": "xiaoming.wang@acme-metal.com",
        "phone": "+86 139 1872 6350",
        "company": "Acme Metal Works",
        "company_size": "201-1000",
        "industry": "manufacturing",
        "job_title": "Director of operations",
        "country": "CN",
        "source": "webinar",
        "form_seconds": 74,
        "captcha_passed": True,
        "message": "We would like a quote for sixty seats and a demo next week.",
        "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
    }
    events = [
        EventIn(type="form_submit", page="demo", occurred_at="2026-06-25T08:00:10Z"),
        *(
            EventIn(type="page_view", page="pricing", occurred_at=f"2026-06-2{day + 4}T09:00:00Z")
            for day in (2, 3, 4)
        ),
        EventIn(type="call_connected", occurred_at="2026-06-29T09:00:00Z", value=18.0),
        EventIn(type="email_reply", occurred_at="2026-06-30T09:00:00Z"),
    ]
    lead.update(changes.pop("lead", {}))
    return ScoreRequest(
        lead=lead, events=changes.pop("events", events), as_of="2026-07-01T00:00:00Z", reasons=100, **changes
    )


def fake_lead() -> ScoreRequest:
    return good_lead(
        events=[],
        lead={
            "name": "test test",
            "email": "xk3j9q@mailinator.com",
            "phone": "11111111111",
            "company": "asdfgh",
            "job_title": "",
            "form_seconds": 1,
            "captcha_passed": False,
            "message": "cheap SEO links http://spam.example buy now",
            "user_agent": "python-requests/2.32",
        },
    )


def test_every_kind_ships_and_says_so(
    candidate_run: Run, candidate_scorer: Scorer, answers: list[Answer]
) -> None:
    candidates = set(candidate_run.record.candidates.values())
    assert len(candidates) == 1
    for answer in answers:
        assert {answer.candidate, answer.fake.candidate} == candidates
        assert answer.model_version == candidate_run.record.version == candidate_scorer.version
    assert len({answer.probability for answer in answers}) > 10


def test_base_and_all_reasons_are_the_logit_of_the_probability(answers: list[Answer]) -> None:
    for answer in answers:
        for part in (answer, answer.fake):
            reasons = (*part.reasons.for_, *part.reasons.against)
            total = part.base + part.reasons.other + math.fsum(reason.contribution for reason in reasons)
            assert total == pytest.approx(math.log(part.probability / (1 - part.probability)), abs=1e-9)


def test_groups_add_up_to_the_same(answers: list[Answer]) -> None:
    for answer in answers:
        total = answer.base + math.fsum(answer.groups.values())
        assert total == pytest.approx(math.log(answer.probability / (1 - answer.probability)), abs=1e-9)


def test_the_base_is_the_same_for_every_lead(answers: list[Answer]) -> None:
    assert len({answer.base for answer in answers}) == 1
    assert len({answer.fake.base for answer in answers}) == 1


def test_figures_stay_in_their_ranges_and_agree_on_the_order(answers: list[Answer]) -> None:
    ordered = sorted(answers, key=lambda answer: answer.probability)
    for answer in ordered:
        for part in (answer, answer.fake):
            assert 0 <= part.lower <= part.upper <= 1
            assert 0 < part.probability < 1
        assert 0 <= answer.score <= 100
    scores = [answer.score for answer in ordered]
    graded = [(RANK[answer.grade], answer.stage) for answer in ordered if answer.grade]
    assert scores == sorted(scores)
    assert graded == sorted(graded, key=lambda pair: pair[0])
    assert all((stage == "none") == (rank < RANK["B"]) for rank, stage in graded)
    assert all((answer.stage == "verify") == answer.fake.flag for answer in answers)


def test_declared_directions_hold_for_every_candidate(
    trained: Any, candidate_scorer: Scorer, spine: Spine
) -> None:
    raw = features_at(candidate_scorer.bundle.declarations, trained.dataset, spine)
    checked = 0
    for part in candidate_scorer.bundle.parts.values():
        X = part.fitted.matrix(raw)
        for name, sign in part.spec.monotone.items():
            column = part.fitted.encoder.names.index(name)
            logits = []
            for value in (0.0, 1.0, 2.0, 4.0, 8.0, 30.0):
                changed = X.copy()
                changed[:, column] = value
                logits.append(part.calibration.apply(part.fitted.model.predict_logit(changed)))
            assert (sign * np.diff(logits, axis=0) >= -1e-12).all(), name
            checked += 1
    assert checked == 7


def test_a_buyer_outranks_a_silent_stranger(candidate_scorer: Scorer) -> None:
    stranger = good_lead(
        events=[],
        lead={"company_size": "1-10", "industry": "education", "job_title": "Student", "message": ""},
    )
    assert ask(candidate_scorer, good_lead()).probability > ask(candidate_scorer, stranger).probability


def test_a_test_lead_is_more_likely_fake_than_a_clean_one(candidate_scorer: Scorer) -> None:
    clean, test = ask(candidate_scorer, good_lead()).fake, ask(candidate_scorer, fake_lead()).fake
    assert test.probability > 2 * clean.probability
    assert not clean.flag


def test_the_id_of_a_lead_says_nothing(candidate_scorer: Scorer) -> None:
    first = ask(candidate_scorer, good_lead())
    other = ask(candidate_scorer, good_lead(lead={"lead_id": 42}))
    assert other.lead_id == "42"
    assert msgspec.structs.replace(other, lead_id="G-1") == first


def test_columns_that_no_feature_reads_say_nothing_and_are_named(candidate_scorer: Scorer) -> None:
    first = ask(candidate_scorer, good_lead())
    other = ask(candidate_scorer, good_lead(lead={"lead_status": "won", "owner": "Li", "shoe_size": 43}))
    assert other.warnings == ("columns that no feature reads: lead_status, owner, shoe_size", *first.warnings)
    assert msgspec.structs.replace(other, warnings=first.warnings) == first


def test_the_order_of_fields_and_events_says_nothing(candidate_scorer: Scorer) -> None:
    request = good_lead()
    turned = msgspec.structs.replace(
        request, lead=dict(reversed(request.lead.items())), events=request.events[::-1]
    )
    assert ask(candidate_scorer, turned) == ask(candidate_scorer, request)


def test_a_value_never_seen_is_as_good_as_another_never_seen(candidate_scorer: Scorer) -> None:
    first, second = (
        ask(candidate_scorer, good_lead(lead={"source": source})) for source in ("zzz", "a new fair")
    )
    assert first.probability == second.probability
    assert contributions(first) == contributions(second)


def test_language_and_number_of_reasons_change_no_figure(candidate_scorer: Scorer) -> None:
    english = ask(candidate_scorer, good_lead())
    chinese = ask(candidate_scorer, good_lead(lang="zh"))
    short = ask(candidate_scorer, msgspec.structs.replace(good_lead(), reasons=1))
    none = ask(candidate_scorer, msgspec.structs.replace(good_lead(), reasons=0))
    assert contributions(chinese) == contributions(english)
    assert english.probability == chinese.probability == short.probability == none.probability
    assert none.reasons.for_ == none.reasons.against == ()
    assert short.reasons.for_ == english.reasons.for_[: len(short.reasons.for_)]
    assert 1 <= len(short.reasons.for_) <= len(english.reasons.for_)


def test_the_strongest_reasons_come_first_and_have_the_right_sign(answers: list[Answer]) -> None:
    for answer in answers:
        for part in (answer, answer.fake):
            up = [reason.contribution for reason in part.reasons.for_]
            down = [reason.contribution for reason in part.reasons.against]
            assert up == sorted(up, reverse=True)
            assert down == sorted(down)
            assert min(up, default=1) > 0 > max(down, default=-1)


def test_an_answer_survives_json(answers: list[Answer]) -> None:
    for answer in answers[:50]:
        assert msgspec.json.decode(msgspec.json.encode(answer), type=Answer) == answer


def test_the_world_is_asked_as_a_crm_would(trained: Any, scorer: Scorer, spine: Spine) -> None:
    request = request_of(trained.dataset, int(spine.lead[0]), trained.dataset.until)
    answer = ask(scorer, request)
    assert answer.ignored == ()
    assert answer.as_of == answer.reference_until
