"""What a request may be, and what is said about one that it may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lead_ml.errors import RequestError
from lead_ml.scoring import EventIn, LeadSchema, Prepared, Scorer, ScoreRequest, prepare
from lead_ml.scoring.known_values import KnownValues
from lead_ml.scoring.request_events import MAX_EVENTS
from lead_ml.tables.cell_rules import CellRules, ColumnRules, TableRules
from lead_ml.tables.instants import parse_iso

RULES = CellRules(
    zone="Asia/Shanghai", leads=TableRules(missing=("n/a",)), events=TableRules(missing=("n/a",))
)
SCHEMA = LeadSchema(("email", "source"), RULES, dated=True)
NOW = 1_780_000_000_000_000


def asked(**changes: Any) -> ScoreRequest:
    lead = {"lead_id": "A", "created_at": "2026-05-01T08:00:00+08:00", **changes.pop("lead", {})}
    return ScoreRequest(lead=lead, **{"as_of": "2026-05-02T00:00:00Z", **changes})


def view(at: str, **changes: Any) -> EventIn:
    return EventIn(type="page_view", occurred_at=at, **changes)


def ready(request: ScoreRequest, schema: LeadSchema = SCHEMA) -> Prepared:
    return prepare(request, schema, NOW)


def test_a_lead_becomes_a_data_set_of_one_row() -> None:
    found = ready(
        asked(lead={"email": " A@B.com ", "source": "N/A"}, events=[view("2026-05-01T09:00:00", value=2.5)])
    )
    assert found.dataset.leads.lead_id == ("A",)
    assert found.dataset.leads.columns["email"].values() == ["A@B.com"]
    assert found.dataset.leads.columns["source"].values() == [None]
    assert found.dataset.events.value.tolist() == [2.5]
    assert found.dataset.events.known_at.tolist() == [parse_iso("2026-05-01T01:00:00Z", field="")]
    assert (
        found.spine.as_of.tolist() == [found.dataset.until] == [parse_iso("2026-05-02T00:00:00Z", field="")]
    )
    assert found.ignored == found.warnings == ()


def test_instants_without_a_zone_get_that_of_the_project() -> None:
    found = ready(asked(as_of="2026-05-02T08:00:00", lead={"created_at": "2026-05-01T08:00:00"}))
    zone = ZoneInfo("Asia/Shanghai")
    assert found.spine.as_of[0] == parse_iso("2026-05-02T08:00:00", field="", zone=zone)
    assert found.dataset.leads.created_at[0] == parse_iso("2026-05-01T00:00:00Z", field="")


def test_as_of_is_now_by_default() -> None:
    assert ready(asked(as_of=None)).spine.as_of.tolist() == [NOW]


def test_numbers_and_booleans_become_the_texts_of_a_file() -> None:
    found = ready(asked(lead={"lead_id": 7, "email": 3.0, "source": True}))
    assert found.dataset.leads.lead_id == ("7",)
    assert [c.values() for c in found.dataset.leads.columns.values()] == [["3"], ["true"]]


def test_events_that_do_not_count_are_listed_with_the_cause() -> None:
    found = ready(
        asked(
            events=[
                view("2026-05-02T00:00:00Z"),
                view("2026-05-01T09:00:00Z", recorded_at="2026-05-02T00:00:00Z"),
                view("2026-04-30T09:00:00Z"),
                view("2026-05-01T09:00:00Z", event_id="e1"),
                view("2026-05-01T09:30:00Z", event_id="e1"),
                view("2026-05-01T23:59:59.999999Z"),
            ]
        )
    )
    assert found.ignored == (
        "events[0]: not known before as_of",
        "events[1]: not known before as_of",
        "events[2]: before the lead was created",
        "events[4]: duplicate event_id",
    )
    assert len(found.dataset.events) == 2


def test_an_event_is_known_when_it_was_recorded_but_never_before_it_occurred() -> None:
    events = [
        view("2026-05-01T09:00:00Z", recorded_at="2026-05-01T12:00:00Z"),
        view("2026-05-01T09:00:00Z", recorded_at="2026-05-01T01:00:00Z"),
    ]
    table = ready(asked(events=events)).dataset.events
    assert (table.known_at - table.occurred_at).tolist() == [3 * 3_600_000_000, 0]


def test_no_events_and_an_empty_list_are_not_the_same() -> None:
    assert ready(asked()).dataset.events is None
    assert len(ready(asked(events=[])).dataset.events) == 0


def test_undated_bundles_need_no_creation() -> None:
    schema = msgspec_free(dated=False)
    found = prepare(ScoreRequest(lead={"lead_id": "A"}), schema, NOW)
    assert found.dataset.leads.created_at is None
    assert found.warnings == ()


def msgspec_free(**changes: Any) -> LeadSchema:
    return LeadSchema(SCHEMA.columns, RULES, **changes)


@pytest.mark.parametrize(
    ("names", "lead", "found"),
    [
        ({"UTM": "source"}, {"UTM": "b"}, {"source": "b"}),
        ({"UTM": "source"}, {"source": "b"}, {"source": "b"}),
        ({"UTM": "source"}, {"source": "a", "UTM": "b"}, {"source": "b"}),
        ({"UTM": "source"}, {"UTM": "b", "source": "a"}, {"source": "b"}),
        ({"UTM": "source"}, {"UTM": None, "source": "a"}, {"source": None}),
        ({"UTM": "source", "source": "email"}, {"UTM": "b", "source": "e"}, {"source": "b", "email": "e"}),
        ({"UTM": "source", "source": "email"}, {"source": "b", "email": "e"}, {"source": "b", "email": "e"}),
        ({"source": "source"}, {"source": "b"}, {"source": "b"}),
    ],
)
def test_a_raw_row_has_the_columns_that_its_file_has(
    names: dict[str, str], lead: dict[str, Any], found: dict[str, str | None]
) -> None:
    """As in a file, a mapped column takes the place of one that has our name already."""
    rules = replace(RULES, leads=replace(RULES.leads, names=names))
    prepared = prepare(asked(lead=lead), replace(SCHEMA, rules=rules), NOW)
    columns = prepared.dataset.leads.columns
    assert {name: columns[name].values()[0] for name in found} == found


def test_unknown_columns_are_named_in_order() -> None:
    found = ready(asked(lead={"zeta": 1, "alpha": 2}))
    assert found.warnings == ("columns that no feature reads: alpha, zeta",)


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"lead": {"lead_id": None}}, "lead.lead_id", "lead.lead_id is missing; expected the id of the lead"),
        ({"lead": {"lead_id": " "}}, "lead.lead_id", "lead.lead_id is missing"),
        ({"lead": {"created_at": None}}, "lead.created_at", "lead.created_at is missing: got None"),
        ({"lead": {"created_at": "N/A"}}, "lead.created_at", "lead.created_at is missing: got 'N/A'"),
        (
            {"lead": {"created_at": 17}},
            "lead.created_at",
            "lead.created_at is not a valid timestamp: got '17'",
        ),
        (
            {"lead": {"created_at": "soon"}},
            "lead.created_at",
            "lead.created_at is not a valid timestamp: got 'soon'",
        ),
        (
            {"lead": {"created_at": "2026-05-02"}},
            "lead.created_at",
            "has no time of day, so it counts from the end",
        ),
        (
            {"lead": {"created_at": "2026-05-02T00:00:00.000001Z"}},
            "lead.created_at",
            "is created after as_of",
        ),
        ({"as_of": "1969-12-31T00:00:00Z"}, "as_of", "as_of is out of range"),
        ({"as_of": "2300-01-01T00:00:00Z"}, "as_of", "as_of is out of range"),
        ({"lead": {"email": "x" * 20_001}}, "lead.email", "lead.email is too long"),
        (
            {"events": [view("2026-05-01T09:00:00Z")] * (MAX_EVENTS + 1)},
            "events",
            "too many events: got 20001",
        ),
        (
            {"events": [view("2026-05-01T09:00:00Z"), view("never")]},
            "events[1].occurred_at",
            "is not a valid timestamp",
        ),
        (
            {"events": [view("2026-05-01T09:00:00Z", recorded_at="x")]},
            "events[0].recorded_at",
            "is not a valid timestamp",
        ),
        (
            {"events": [view("2026-05-01T09:00:00Z", value=1e300)]},
            "events[0].value",
            "is out of range: got 1e",
        ),
        (
            {"events": [view("2026-05-01T09:00:00Z", value=float("inf"))]},
            "events[0].value",
            "is out of range: got inf",
        ),
    ],
)
def test_a_bad_request_names_the_field(changes: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(RequestError, match=message.replace("[", r"\[")) as caught:
        ready(asked(**changes))
    assert caught.value.field == field


@pytest.mark.parametrize("body", ['{"lead":{"lead_id":"A"},"reason":1}', '{"lead":{"lead_id":"A"},"reasons":101}',
                                  '{"lead":{"lead_id":["A"]}}', '{"lead":{"lead_id":"A"},"lang":"fr"}'])  # fmt: skip
def test_the_shape_of_a_request_is_strict(body: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=ScoreRequest)


KNOWING = LeadSchema(
    ("source", "vip", "budget", "seconds"),
    CellRules(
        zone="Asia/Shanghai",
        leads=TableRules(
            missing=("n/a",),
            columns={
                "source": ColumnRules(default="Partner", usual={"webinar": "Webinar", "partner": "Partner"}),
                "vip": ColumnRules(yes_no=True, usual={"yes": "Yes", "no": "No"}),
                "budget": ColumnRules(comma=True),
                "created_at": ColumnRules(date_format="day_first"),
            },
            names={"Lead Source": "source"},
        ),
        events=TableRules(
            missing=("n/a",),
            columns={"value": ColumnRules(default="3", comma=True), "channel": ColumnRules(default="site")},
            where_filled="page",
        ),
    ),
    dated=True,
    known=KnownValues(
        frozenset({"budget", "seconds"}),
        {"source": frozenset({"Webinar", "Partner"}), "vip": frozenset({"Yes", "No"})},
        {"source": frozenset({"low", "high"})},
    ),
)


def values(lead: dict[str, Any], **changes: Any) -> tuple[list[str | None], tuple[str, ...]]:
    found = prepare(asked(lead=lead, **changes), KNOWING, NOW)
    return [column.values()[0] for column in found.dataset.leads.columns.values()], found.warnings


@pytest.mark.parametrize(
    ("lead", "read"),
    [
        (
            {"source": "WEBINAR", "vip": True, "budget": "75,1", "seconds": 34.5},
            ["Webinar", "Yes", "75.1", "34.5"],
        ),
        (
            {"source": " ｗｅｂｉｎａｒ ", "vip": "1", "budget": "48.000,50 €"},
            ["Webinar", "Yes", "48000.50", None],
        ),
        ({"Lead Source": "webinar", "vip": "否", "budget": 1.234}, ["Webinar", "No", "1.234", None]),
        ({"source": "", "vip": "n/a", "budget": "1.234"}, ["Partner", None, "1234", None]),
        ({"source": "n/a", "Lead Source": "webinar", "vip": 0}, ["Webinar", "No", None, None]),
        ({"source": "HIGH"}, ["HIGH", None, None, None]),  # the level of an ordinal in another letter case
    ],
)
def test_a_cell_of_a_request_is_read_by_the_rules_of_the_bundle(
    lead: dict[str, Any], read: list[str | None]
) -> None:
    assert values(lead) == (read, ())


@pytest.mark.parametrize(
    ("cell", "lang", "warning"),
    [
        ({"source": "Messe"}, "en", 'source: "Messe" is not among the values that the model knows'),
        ({"source": "Messe"}, "zh", "source：“Messe”不在模型认识的取值之内"),
        ({"seconds": "34,5"}, "en", 'seconds: "34,5" is not a number, so it counts as missing'),
        ({"seconds": "abc"}, "zh", "seconds：“abc”不是数字，按缺失处理"),
        ({"vip": "maybe"}, "en", 'vip: "maybe" is not among the values that the model knows'),
        ({"zeta": 1}, "zh", "以下字段没有特征使用：zeta"),
        (
            {"source": "x" * 100},
            "en",
            f'source: "{"x" * 60}..." is not among the values that the model knows',
        ),
    ],
)
def test_what_a_model_cannot_use_is_warned_of(cell: dict[str, Any], lang: str, warning: str) -> None:
    assert values(cell, lang=lang)[1] == (warning,)


def test_dates_and_events_are_read_as_in_a_file() -> None:
    lead = {"created_at": "01/05/2026 08:00"}
    rows = [
        view("2026-05-01T09:00:00", page="pricing", value="1.234,5"),
        view("2026-05-01T09:00:00", page="n/a"),
        EventIn(type=" n/a ", occurred_at="2026-05-01T09:00:00", page="pricing"),
        view("2026-05-01", page="pricing"),
        view("2026-05-01T09:00:00", page="pricing", value="many"),
        view("2026-05-01T09:00:00", page="pricing", event_id=" e1 "),
        view("2026-05-01T09:00:00", page="pricing", event_id="e1"),
    ]
    found = prepare(asked(lead=lead, events=rows), KNOWING, NOW)
    assert found.dataset.leads.created_at.tolist() == [parse_iso("2026-05-01T00:00:00Z", field="")]
    assert found.ignored == (
        "events[1]: page is missing",
        "events[2]: type is missing",
        "events[6]: duplicate event_id",
    )
    events = found.dataset.events
    assert events.value.tolist()[:2] == [1234.5, 3.0]
    assert np.isnan(events.value[2])
    assert events.columns["channel"].values() == ["site"] * 4
    assert events.occurred_at[1] == parse_iso("2026-05-01T15:59:59.999999Z", field="")
    assert found.warnings == ('events[4].value: "many" is not a number, so it counts as missing',)


texts = st.one_of(
    st.text(max_size=30), st.sampled_from(["2026-05-01T09:00:00Z", "2026-05-01", "A@B.com", "n/a", "1e999"])
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
events = st.builds(
    EventIn,
    type=texts,
    occurred_at=st.one_of(texts, st.datetimes().map(lambda moment: moment.isoformat())),
    recorded_at=st.one_of(st.none(), texts),
    event_id=st.one_of(st.none(), texts),
    value=st.one_of(st.none(), st.floats(), texts),
)


@pytest.fixture(scope="module")
def scorer(trained: Any) -> Scorer:
    return Scorer.load(trained.bundle)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_request_is_answered_or_refused_by_name(scorer: Scorer, data: st.DataObject) -> None:
    names = st.sampled_from([*scorer.bundle.schema.columns, "surprise"])
    lead = data.draw(st.dictionaries(names, scalars, max_size=8))
    base = {"lead_id": "A", "created_at": "2026-04-01T00:00:00Z"}
    request = ScoreRequest(
        lead={**base, **lead},
        events=data.draw(st.one_of(st.none(), st.lists(events, max_size=5))),
        as_of="2026-05-02T00:00:00Z",
    )
    try:
        prepared = prepare(request, scorer.bundle.schema, NOW)
    except RequestError as error:
        if not error.field:
            raise AssertionError(f"no field is named: {error}") from error
        return
    answer = scorer.score_prepared([prepared])[0]
    assert 0 < answer.probability < 1
    assert np.isfinite([answer.lower, answer.upper, answer.score, answer.base]).all()
    assert msgspec.json.decode(msgspec.json.encode(answer), type=type(answer)) == answer


def test_an_answer_warns_of_what_the_demo_model_does_not_know(scorer: Scorer) -> None:
    base = {"lead_id": "A", "created_at": "2026-06-25T00:00:00Z"}

    def answered(**cells: Any) -> tuple[float, tuple[str, ...]]:
        request = ScoreRequest(lead={**base, **cells}, as_of="2026-06-26T00:00:00Z")
        answer = scorer.score_prepared([prepare(request, scorer.bundle.schema, NOW)])[0]
        return answer.probability, answer.warnings

    usual = answered(source="webinar", captcha_passed="true", form_seconds="34.5")
    assert usual[1] == ()
    for cells in (
        {"source": "WEBINAR"},
        {"captcha_passed": "True"},
        {"captcha_passed": 1},
        {"captcha_passed": "yes"},
    ):
        same = {"source": "webinar", "captcha_passed": "true", "form_seconds": 34.5, **cells}
        assert answered(**same) == usual
    for cell in ("34,5", "abc"):
        assert answered(form_seconds=cell)[1] == (
            f'form_seconds: "{cell}" is not a number, so it counts as missing',
        )
    assert answered(source="smoke signals")[1][0].startswith('source: "smoke signals" is not among')
