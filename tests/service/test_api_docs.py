"""``/docs`` and ``/openapi.json``: readable texts, links that lead somewhere, examples that are true to the types."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from lead_ml.scoring import Answer
from lead_ml.scoring.thresholds import POINTS_PER_LOGIT, log_odds
from lead_ml.service.docs import OPERATIONS, examples, openapi

SCORED = ("/v1/score", "/v1/score/batch")


@pytest.fixture(scope="module")
def page(served: Any) -> str:
    return str(served.client.get("/docs").text)


def texts(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part[key] for key in ("description", "summary") if isinstance(part.get(key), str)]
        return own + [text for item in part.values() for text in texts(item)]
    return [text for item in part for text in texts(item)] if isinstance(part, list) else []


def test_descriptions_are_markdown_in_the_terms_of_json() -> None:
    found = texts(openapi(None))
    assert len(found) > 40
    for text in found:
        assert not re.search(r"``|:\w+:`|\n|\bNone\b|\s{2}", text), text
        assert text.count("`") % 2 == 0, text


def test_schemas_have_plain_names_and_every_reference_leads_to_one() -> None:
    document = openapi(None)
    schemas = document["components"]["schemas"]
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+", name) for name in schemas)
    targets = set(re.findall(r'"#/components/schemas/([^"]+)"', msgspec.json.encode(document).decode()))
    assert targets <= set(schemas)
    assert "Interval" in targets


def test_the_page_shows_code_as_code_and_its_links_lead_somewhere(page: str, served: Any) -> None:
    shown = re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)
    assert "`" not in shown
    assert "<code>probability</code> (0-1)" in shown
    for href in re.findall(r'href="([^"]+)"', page):
        if href.startswith("#"):
            assert f'id="{href[1:]}"' in page, href
        else:
            assert served.client.get(href, follow_redirects=False).status_code in (200, 303, 307), href
    for item in OPERATIONS:
        assert f"<code>{item.path}</code>" in page


@pytest.mark.parametrize("path", SCORED)
def test_scoring_has_an_example_of_the_request_and_of_the_response(page: str, path: str) -> None:
    operation = openapi(None)["paths"][path]["post"]
    sent = operation["requestBody"]["content"]["application/json"]["example"]
    answered = operation["responses"]["200"]["content"]["application/json"]["example"]
    assert (sent, answered) == (examples()[path]["request"], examples()[path]["response"])
    assert set(examples()) == set(SCORED)
    plain = page.replace("&#34;", '"')
    for example in (sent, answered):
        assert msgspec.json.format(msgspec.json.encode(example)).decode() in plain


def test_example_requests_are_answered_in_the_shape_of_the_example_responses(served: Any) -> None:
    for path in SCORED:
        found = served.post(path, examples()[path]["request"])
        assert found.status_code == 200
        assert shape(found.json()) == shape(examples()[path]["response"])


def shape(part: Any) -> Any:
    """Return the field names of an answer, at every level but those whose names are features."""
    if isinstance(part, list):
        return [shape(item) for item in part if "answer" in item or "error" in item]
    if not isinstance(part, dict):
        return None
    return {name: shape(item) for name, item in part.items() if name not in ("groups", "families")}


def test_the_example_answer_adds_up() -> None:
    answer = msgspec.convert(examples()["/v1/score"]["response"], Answer)
    assert msgspec.json.decode(msgspec.json.encode(answer)) == examples()["/v1/score"]["response"]
    for part in (answer, answer.fake):
        assert part is not None
        reasons = (*part.reasons.for_, *part.reasons.against)
        logit = part.base + sum(reason.contribution for reason in reasons) + part.reasons.other
        assert log_odds(part.probability) == pytest.approx(logit, abs=1e-4)
        assert part.lower < part.probability < part.upper
        for reason in reasons:
            assert reason.points == pytest.approx(reason.contribution * POINTS_PER_LOGIT, abs=1e-5)
            members = sum(member.contribution for member in reason.members)
            assert not reason.members or members == pytest.approx(reason.contribution)
    total = log_odds(answer.probability) - answer.base
    assert sum(answer.groups.values()) == pytest.approx(total, abs=1e-4)
    assert sum(answer.families.values()) == pytest.approx(total, abs=1e-4)
    assert (
        examples()["/v1/score/batch"]["response"]["results"][0]["answer"]
        == examples()["/v1/score"]["response"]
    )
