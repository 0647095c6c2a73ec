"""Logging out, wrong log-ins, and secrets on a folder that cannot be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from review_pages import csrf_of, login

from lead_ml.service import session as session_module
from lead_ml.service.logged_out import LoggedOut
from lead_ml.service.login_attempts import MOST_WRONG, SECONDS, LoginAttempts
from lead_ml.service.session import COOKIE, Session, SessionSigner, secret_beside


def test_a_cookie_is_refused_after_its_logout_also_by_other_workers(fresh: Any, client_of: Any) -> None:
    reader = login(fresh, client_of, "read")
    page = reader.get("/review?lang=en")
    cookie = reader.cookies[COOKIE]
    assert page.status_code == 200
    reader.post("/logout", data={"csrf": csrf_of(page.text)})
    thief = client_of(fresh.app)
    thief.cookies.set(COOKIE, cookie)
    assert thief.get("/review", follow_redirects=False).status_code == 303
    other = SessionSigner(
        lambda: secret_beside(fresh.runs / "keys.json"), LoggedOut(fresh.runs / ".keys.logouts", 60)
    )
    assert other.open(cookie) is None


def test_a_forged_logout_ends_nothing(fresh: Any, client_of: Any) -> None:
    reader = login(fresh, client_of, "read")
    reader.post("/logout", data={"csrf": "forged"})
    assert reader.get("/review", follow_redirects=False).status_code == 200


def test_logouts_hold_in_the_process_where_the_file_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    signer = SessionSigner(lambda: b"s" * 32, LoggedOut(blocked / "below", 60))
    one, two = Session.fresh("a"), Session.fresh("a")
    cookies = signer.seal(one), signer.seal(two)
    signer.end(one)
    assert signer.open(cookies[0]) is None
    assert signer.open(cookies[1]) == two


def test_logouts_of_expired_cookies_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lead_ml.service.logged_out._MOST_BYTES", 0)
    now = [1000.0]
    ended = LoggedOut(tmp_path / "logouts", 60, lambda: now[0])
    ended.add("old")
    now[0] += 100
    ended.add("new")
    assert len((tmp_path / "logouts").read_text().splitlines()) == 1
    assert "new" in ended
    assert "old" not in LoggedOut(tmp_path / "logouts", 60, lambda: now[0])


def test_wrong_log_ins_are_limited_and_the_limit_ends(fresh: Any, client_of: Any) -> None:
    client = client_of(fresh.app)
    for _ in range(MOST_WRONG):
        token = csrf_of(client.get("/login").text)
        assert client.post("/login", data={"csrf": token, "key": "lml_wrong"}).status_code == 401
    token = csrf_of(client.get("/login").text)
    refused = client.post("/login", data={"csrf": token, "key": fresh.keys["read"]})
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == str(SECONDS)
    now = [0.0]
    attempts = LoginAttempts(lambda: now[0])
    for _ in range(MOST_WRONG):
        attempts.note("a")
    assert (attempts.too_many("a"), attempts.too_many("b")) == (True, False)
    now[0] += SECONDS
    assert not attempts.too_many("a")


def test_pages_work_where_the_secret_cannot_be_kept(
    fresh: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuses(*_: Any) -> Path:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(session_module, "private_draft", refuses)
    reader = login(fresh, client_of, "read")
    assert reader.get("/review?lang=en").status_code == 200
    assert "people must log in again after a restart" in caplog.text
