"""``crm_url``: web addresses only, and no lead id changes where they lead."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_ml.errors import ParamsError
from lead_ml.project.crm_link import crm_link
from lead_ml.project.params import params_from

LEAST = {"project": "demo", "data": {"leads": {"path": "leads.csv"}}}
GOOD = [
    "https://crm.example.com/leads/{lead_id}",
    "http://crm:8080/#/lead/{lead_id}/view",
    "https://crm.example.com/open?id={lead_id}&tab=1",
    "https://crm.example.cn/{lead_id}/{lead_id}",
]
BAD = [
    "https://crm.example.com/leads/",
    "javascript:alert('{lead_id}')",
    "data:text/html,{lead_id}",
    "ftp://crm/{lead_id}",
    "//crm.example.com/{lead_id}",
    "crm.example.com/{lead_id}",
    "https://{lead_id}.example.com/",
    "https://{lead_id}",
    "https:///{lead_id}",
    "https://user:secret@crm.example.com/{lead_id}",
    "https://crm.example.com:port/{lead_id}",
    "https://crm.example.com/{lead_id}/{name}",
    "https://crm.example.com/{ lead_id }",
    "https://crm.example.com/a b/{lead_id}",
    "https://crm.example.com/{lead_id}\n",
    "https://crm.example.com/\x01{lead_id}",
    "https://crm\x00/{lead_id}",
    "https://crm.example.com/{lead_id}\x7f",
    "https://crm.example.com\u200b/{lead_id}",
    "https://crm.example.com/\u202e{lead_id}",
]


@pytest.mark.parametrize("pattern", ["", *GOOD])
def test_a_web_address_with_a_place_for_the_id_is_taken(pattern: str) -> None:
    assert params_from({**LEAST, "crm_url": pattern}).crm_url == pattern


@pytest.mark.parametrize("pattern", BAD)
def test_anything_else_is_one_clear_error(pattern: str) -> None:
    with pytest.raises(ParamsError, match=r"crm_url: expected an address such as https://.*got"):
        params_from({**LEAST, "crm_url": pattern})


def test_row_numbers_are_no_ids_of_a_crm() -> None:
    data = {"leads": {"path": "leads.csv", "number_rows": True}}
    with pytest.raises(ParamsError, match="crm_url needs the ids of the CRM"):
        params_from({"project": "demo", "data": data, "crm_url": GOOD[0]})


@given(st.text(min_size=1), st.sampled_from(GOOD))
def test_an_id_stays_one_part_of_the_address(lead_id: str, pattern: str) -> None:
    lead_id = lead_id.encode("utf-8", "replace").decode()
    found, plain = urlsplit(crm_link(pattern, lead_id)), urlsplit(crm_link(pattern, "x"))
    assert (found.scheme, found.netloc) == (plain.scheme, plain.netloc)
    assert found.path.count("/") == plain.path.count("/")
    assert found.query.count("&") == plain.query.count("&")
    assert lead_id in unquote(crm_link(pattern, lead_id))
