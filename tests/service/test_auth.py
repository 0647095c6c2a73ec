"""Keys open what their scopes say, and nothing else."""

from __future__ import annotations

import re
import stat
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from itsdangerous import TimestampSigner

from lead_ml.errors import InputError, ParamsError
from lead_ml.service import create_key, load_keys
from lead_ml.service.__main__ import main
from lead_ml.service.keys import KeyRing
from lead_ml.service.session import COOKIE, SECONDS, Session, SessionSigner, secret_beside

ROUTES = [
    ("POST", "/v1/score", "score"),
    ("POST", "/v1/score/batch", "score"),
    ("GET", "/v1/thresholds", "read"),
    ("POST", "/v1/thresholds/advice", "read"),
    ("GET", "/v1/model", "read"),
    ("POST", "/v1/thresholds", "admin"),
]


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_a_route_opens_only_with_its_scope(served: Any, method: str, path: str, scope: str) -> None:
    closed = served.client.request(method, path)
    assert closed.status_code == 401
    assert closed.headers["www-authenticate"].startswith("Bearer")
    assert served.client.request(method, path, headers={"X-API-Key": "lml_guess"}).status_code == 401
    for name, headers in (("score", served.score), ("read", served.read), ("admin", served.admin)):
        status = served.client.request(method, path, headers=headers).status_code
        allowed = name == scope or (name == "admin" and scope == "read")
        assert (status not in (401, 403)) is allowed, (name, status)


def test_a_key_may_come_in_either_header(served: Any) -> None:
    key = served.keys["read"]
    assert served.client.get("/v1/model", headers={"X-API-Key": key}).status_code == 200
    assert served.client.get("/v1/model", headers={"Authorization": f"bearer {key}"}).status_code == 200
    assert served.client.get("/v1/model", headers={"Authorization": f"Basic {key}"}).status_code == 401


def test_the_body_is_not_looked_at_before_the_key(served: Any) -> None:
    assert served.client.post("/v1/score", content=b"{" * 2_000_000).status_code == 401


@pytest.mark.parametrize(
    "path", ["/livez", "/readyz", "/metrics", "/v1/metrics", "/docs", "/openapi.json", "/login"]
)
def test_operations_and_documents_need_no_key(served: Any, path: str) -> None:
    assert served.client.get(path).status_code == 200


def test_a_session_cookie_does_not_open_the_api(served: Any) -> None:
    signer = served.app.state.runtime.signer
    key = next(key for key in load_keys(served.runs / "keys.json") if key.name == "admin-key")
    cookie = f"{COOKIE}={signer.seal(Session.fresh(key.id))}"
    assert served.client.get("/review", headers={"Cookie": cookie}).status_code == 200
    assert served.client.get("/v1/model", headers={"Cookie": cookie}).status_code == 401


def test_a_key_taken_out_of_the_file_stops_working_at_once(fresh: Any) -> None:
    path = fresh.runs / "keys.json"
    assert fresh.client.get("/v1/model", headers=fresh.read).status_code == 200
    kept = [key for key in load_keys(path) if key.name != "read-key"]
    (path.with_suffix(".new")).write_bytes(msgspec.json.encode({"keys": kept}))
    path.with_suffix(".new").replace(path)
    assert fresh.client.get("/v1/model", headers=fresh.read).status_code == 401
    assert fresh.client.get("/v1/model", headers=fresh.admin).status_code == 200


def test_an_unreadable_key_file_refuses_every_request(fresh: Any) -> None:
    (fresh.runs / "keys.json").write_text("{")
    assert fresh.client.get("/v1/model", headers=fresh.read).status_code == 401
    with pytest.raises(InputError, match="API keys cannot be read"):
        load_keys(fresh.runs / "keys.json")


@pytest.mark.parametrize(
    "changes",
    [
        {"client": ("203.0.113.9", 1)},
        {"base_url": "http://evil.example"},
        {"client": ("unix", 0)},
        {"base_url": "http://localhost.evil.example"},
    ],
)
def test_without_keys_only_this_machine_is_served(
    local: Any, client_of: Any, changes: dict[str, Any]
) -> None:
    assert local.client.get("/v1/model").status_code == 200
    elsewhere = client_of(local.app, **changes)
    assert elsewhere.get("/v1/model").status_code == 403
    assert elsewhere.get("/review").status_code == 403


def test_a_key_is_kept_as_a_digest_only(tmp_path: Path) -> None:
    path = tmp_path / "inner" / "keys.json"
    key = create_key(path, "crm", ["score", "read"])
    kept = path.read_text()
    assert key not in kept
    assert re.fullmatch(r"lml_[\w-]{43}", key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_keys(path)[0].scopes == ("score", "read")
    assert KeyRing(path).find(key) == load_keys(path)[0]
    assert KeyRing(path).find(key + "x") is None
    assert KeyRing(path).find("") is None


@pytest.mark.parametrize(
    ("name", "scopes", "match"),
    [
        ("crm", ["score"], "name of the key"),
        (" ", ["score"], "name"),
        ("x", [], "scopes"),
        ("x", ["root"], "root"),
    ],
)
def test_a_key_needs_a_free_name_and_known_scopes(
    tmp_path: Path, name: str, scopes: list[str], match: str
) -> None:
    create_key(tmp_path / "keys.json", "crm", ["score"])
    with pytest.raises(ParamsError, match=match):
        create_key(tmp_path / "keys.json", name, scopes)


def test_the_command_makes_a_key_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEAD_ML_KEYS", str(tmp_path / "keys.json"))
    assert main(["key", "crm", "--scope", "score"]) == 0
    key = capsys.readouterr().out.strip()
    assert KeyRing(tmp_path / "keys.json").find(key) is not None
    assert main(["key", "crm", "--scope", "score"]) == 1
    assert "another" not in capsys.readouterr().out


def test_a_key_outside_of_a_project_is_refused_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("LEAD_ML_KEYS", "LEAD_ML_RUNS"):
        monkeypatch.delenv(name, raising=False)
    assert main(["key", "crm", "--scope", "score"]) == 1
    assert "no project here" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    (tmp_path / "params.yaml").write_text("")  # a project before its first training
    assert main(["key", "crm", "--scope", "score"]) == 0


@pytest.mark.parametrize("screen", [True, False])
def test_the_first_key_is_shown_to_a_person_and_never_made_for_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, screen: bool
) -> None:
    import uvicorn

    from lead_ml.workflows import serve

    monkeypatch.setattr(serve, "served_folder", lambda _: tmp_path)
    monkeypatch.setattr(serve, "_check_free", lambda *_: None)
    monkeypatch.setattr(uvicorn, "run", lambda *_, **__: None)
    said: list[str] = []
    shown: list[str] = []
    reveal = shown.append if screen else None
    serve.serve_project(tmp_path, host="127.0.0.1", port=1, auth=True, say=said.append, reveal=reveal)
    assert "lml_" not in " ".join(said)
    assert (tmp_path / "runs" / "keys.json").is_file() == screen == bool(shown)
    assert ("No API key exists yet" in " ".join(said)) != screen
    assert [key.name for key in load_keys(tmp_path / "runs" / "keys.json")] == ["admin"] * screen


@pytest.fixture
def signer() -> SessionSigner:
    return SessionSigner(lambda: b"s" * 32)


def test_a_session_opens_only_if_it_is_unaltered_and_signed_with_the_same_secret(
    signer: SessionSigner,
) -> None:
    sealed = signer.seal(Session("n", "k"))
    assert signer.open(sealed) == Session("n", "k")
    altered = (
        None,
        "",
        ".",
        "..",
        "a.b",
        "a.b.c",
        sealed[:-1],
        "x" + sealed,
        sealed.replace(".", "é.", 1),
        "\ud83d",
    )
    for cookie in altered:
        assert signer.open(cookie) is None
    assert SessionSigner(lambda: b"t" * 32).open(sealed) is None


def test_no_part_of_a_session_can_be_exchanged(signer: SessionSigner) -> None:
    payload, sealed_at, signature = signer.seal(Session("n", "k")).split(".")
    other_payload, _, other_signature = signer.seal(Session("n", "another")).split(".")
    assert signer.open(f"{payload}.{sealed_at}.{signature}") is not None
    assert signer.open(f"{other_payload}.{sealed_at}.{signature}") is None
    assert signer.open(f"{payload}.{sealed_at[::-1]}.{signature}") is None
    assert signer.open(f"{payload}.{sealed_at}.{other_signature}") is None
    assert signer.open(f"{payload}.{sealed_at}.{signer.csrf(Session(f'{payload}.{sealed_at}', ''))}") is None


@pytest.mark.parametrize(
    ("age", "opens"), [(0, True), (SECONDS - 5, True), (SECONDS + 5, False), (-60, False)]
)
def test_a_session_ends_after_twelve_hours(
    signer: SessionSigner, monkeypatch: pytest.MonkeyPatch, age: int, opens: bool
) -> None:
    sealed_at = int(time.time()) - age
    with monkeypatch.context() as patched:
        patched.setattr(TimestampSigner, "get_timestamp", lambda _: sealed_at)
        sealed = signer.seal(Session("n", "k"))
    assert (signer.open(sealed) is not None) is opens


def test_a_form_token_is_valid_in_its_own_session_only(signer: SessionSigner) -> None:
    session = Session("n", "k")
    token = signer.csrf(session)
    assert signer.csrf_is_valid(session, token)
    assert not signer.csrf_is_valid(Session("m", "k"), token)
    assert not signer.csrf_is_valid(None, token)
    assert not SessionSigner(lambda: b"t" * 32).csrf_is_valid(session, token)
    for altered in ("", "x", token[:-1], "x" + token, token.swapcase(), "\ud83d", signer.seal(session)):
        assert not signer.csrf_is_valid(session, altered)


def test_all_workers_share_one_secret_that_only_the_owner_reads(tmp_path: Path) -> None:
    first = secret_beside(tmp_path / "keys.json")
    assert secret_beside(tmp_path / "keys.json") == first
    found = [path for path in tmp_path.iterdir() if path.read_bytes() == first]
    assert len(list(tmp_path.iterdir())) == 1
    assert stat.S_IMODE(found[0].stat().st_mode) == 0o600
