"""Logging in and out of the pages, sessions and form tokens."""

from __future__ import annotations

from typing import Any

import pytest
from review_pages import csrf_of, login

from lead_ml.service.session import COOKIE, Session


def test_visitors_without_a_session_are_sent_to_the_login(served: Any, client_of: Any) -> None:
    for path in ("/review", "/review/x", "/review/thresholds"):
        response = client_of(served.app).get(path, follow_redirects=False)
        assert (response.status_code, response.headers["location"].split("?")[0]) == (303, "/login")
    assert client_of(served.app).get("/", follow_redirects=False).headers["location"] == "/review"


def test_a_login_gives_a_cookie_that_scripts_and_other_sites_do_not_get(served: Any, client_of: Any) -> None:
    for base, secure in (("http://localhost", False), ("https://localhost", True)):
        client = client_of(served.app, base_url=base)
        token = csrf_of(client.get("/login").text)
        before = client.cookies[COOKIE]
        response = client.post(
            "/login", data={"csrf": token, "key": served.keys["read"]}, follow_redirects=False
        )
        cookie = response.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        assert ("Secure" in cookie) is secure
        assert client.cookies[COOKIE] != before
        assert served.keys["read"] not in cookie


@pytest.mark.parametrize(("key", "status"), [("wrong", 401), ("score", 401), ("", 401)])
def test_a_key_that_may_not_read_does_not_log_in(served: Any, client_of: Any, key: str, status: int) -> None:
    client = client_of(served.app)
    token = csrf_of(client.get("/login?lang=en").text)
    response = client.post("/login?lang=en", data={"csrf": token, "key": served.keys.get(key, key)})
    assert response.status_code == status
    assert "unknown or does not have read access" in response.text
    assert client.get("/review", follow_redirects=False).status_code == 303


def test_forms_without_their_token_do_nothing(fresh: Any, client_of: Any) -> None:
    client = client_of(fresh.app)
    assert client.post("/login", data={"key": fresh.keys["admin"]}).status_code == 403
    admin = login(fresh, client_of, "admin")
    before = fresh.scorer.thresholds
    form = {"mql": "5", "sql": "20", "why": "x", "by": "y"}
    for token in ({}, {"csrf": "x"}, {"csrf": csrf_of(client.get("/login").text)}):
        response = admin.post("/review/thresholds?lang=en", data={**form, **token})
        assert response.status_code == 403
        assert "was not sent from this site" in response.text
    assert fresh.scorer.thresholds == before
    admin.post("/logout", data={"csrf": "x"})
    assert admin.get("/review").status_code == 200


def test_logging_out_ends_the_session(fresh: Any, client_of: Any) -> None:
    reader = login(fresh, client_of, "read")
    reader.post("/logout", data={"csrf": csrf_of(reader.get("/review").text)})
    assert reader.get("/review", follow_redirects=False).status_code == 303


def test_a_session_ends_with_its_key(fresh: Any, client_of: Any) -> None:
    reader = login(fresh, client_of, "read")
    (fresh.runs / "keys.json").write_bytes(b'{"keys":[]}')
    assert reader.get("/review", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("media", ["application/json", "multipart/form-data", "text/plain"])
def test_a_form_is_a_form(local: Any, media: str) -> None:
    assert local.client.post(
        "/review/thresholds", content=b"a=1", headers={"content-type": media}
    ).status_code in (403, 415)
    assert (
        local.client.post(
            "/login", content=b"\xff", headers={"content-type": "application/x-www-form-urlencoded"}
        ).status_code
        == 422
    )


def test_a_visit_before_login_cannot_be_carried_into_the_session(served: Any, client_of: Any) -> None:
    signer = served.app.state.runtime.signer
    planted = Session.fresh()
    client = client_of(served.app)
    client.cookies.set(COOKIE, signer.seal(planted))
    response = client.post(
        "/login", data={"csrf": signer.csrf(planted), "key": served.keys["read"]}, follow_redirects=False
    )
    session = signer.open(response.cookies[COOKIE])
    assert session is not None
    assert session.nonce != planted.nonce
