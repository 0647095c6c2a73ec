"""Reloading: a new bundle is used once it passes its check; until then the previous bundle stays in use."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from lead_ml.errors import BundleError
from lead_ml.scoring import Scorer, Served, serve_version, served_version
from lead_ml.scoring.subprocess_check import try_bundle
from lead_ml.service import Settings
from lead_ml.service.problems import ProblemError
from lead_ml.service.reload import Loaders, ScorerReloader


class RecordedCheck:
    """A check of bundles that records its calls and fails on demand."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.refuse = False

    def __call__(self, folder: Path) -> None:
        self.calls.append(folder.parent.name)
        if self.refuse:
            raise BundleError("the check failed")


def reloader_over(runs: Path, check: Any) -> ScorerReloader:
    settings = Settings(runs=runs, auth=False, poll_seconds=0.02)
    return ScorerReloader(settings, Loaders(check, Scorer.load, lambda: None))


def promote(runs: Path, name: str) -> Path:
    """Copy the champion's bundle to a new version and promote it."""
    import shutil

    target = runs / name / "bundle"
    shutil.copytree(runs / served_version(runs).folder, target)
    serve_version(runs, Served(version=name, folder=f"{name}/bundle", at="2026-01-02T00:00:00Z", why="test"))
    return target


def test_there_is_no_scorer_before_the_first_bundle(tmp_path: Path) -> None:
    reloader = reloader_over(tmp_path, RecordedCheck())
    reloader.check()
    assert not reloader.ready
    with pytest.raises(ProblemError) as caught:
        _ = reloader.scorer
    assert caught.value.problem.status == 503
    assert str(tmp_path) not in caught.value.problem.detail


def test_a_new_champion_replaces_the_scorer(fresh: Any) -> None:
    check = RecordedCheck()
    reloader = reloader_over(fresh.runs, check)
    reloader.check()
    first = reloader.scorer
    reloader.check()
    assert len(check.calls) == 1
    promote(fresh.runs, "second")
    reloader.check()
    assert reloader.scorer is not first
    assert reloader.scorer.folder == fresh.runs / "second" / "bundle"
    assert check.calls[1:] == ["second"]
    assert reloader.reload is not None
    assert (reloader.reload.ok, reloader.reload.wanted) == (True, "second")


def test_a_failed_reload_keeps_the_old_model_and_says_so(fresh: Any, body: dict[str, Any]) -> None:
    before = fresh.post("/v1/score", body).content
    damaged = promote(fresh.runs, "damaged")
    (damaged / "scorer.json").write_text("{}")
    fresh.reloader.check()
    assert fresh.post("/v1/score", body).content == before
    assert fresh.client.get("/readyz").status_code == 200
    state = fresh.client.get("/v1/model", headers=fresh.read).json()["reload"]
    assert (state["ok"], state["wanted"]) == (False, "damaged")
    assert "scorer.json is missing or damaged" in state["error"]
    assert "lead_ml_model_last_reload_successful 0.0" in fresh.client.get("/metrics").text
    page = fresh.client.get("/review?lang=en", headers={"Cookie": _session(fresh)})
    assert "could not be loaded. The previous version is still in use." in page.text


def test_a_rollback_to_the_model_in_use_ends_the_failure(fresh: Any) -> None:
    champion = fresh.runs / "champion.json"
    before = champion.read_bytes()
    (promote(fresh.runs, "damaged") / "scorer.json").write_text("{}")
    fresh.reloader.check()
    assert not fresh.reloader.reload.ok
    champion.write_bytes(before)
    fresh.reloader.check()
    state = fresh.client.get("/v1/model", headers=fresh.read).json()["reload"]
    assert (state["ok"], state["error"]) == (True, "")
    page = fresh.client.get("/review?lang=en", headers={"Cookie": _session(fresh)})
    assert "could not be loaded" not in page.text


def test_the_real_check_refuses_a_damaged_bundle_and_passes_an_intact_one(fresh: Any) -> None:
    folder = fresh.scorer.folder
    reloader = reloader_over(fresh.runs, try_bundle)
    reloader.check()
    assert reloader.ready
    (folder / "card.json").write_text("{}")
    with pytest.raises(BundleError, match=r"card\.json"):
        try_bundle(folder)


def test_a_refused_bundle_is_not_tried_at_every_look_but_again_when_it_changes(fresh: Any) -> None:
    check = RecordedCheck()
    reloader = reloader_over(fresh.runs, check)
    reloader.check()
    check.refuse = True
    folder = promote(fresh.runs, "second")
    for _ in range(5):
        reloader.check()
    assert check.calls[1:] == ["second"]
    check.refuse = False
    manifest = folder / "manifest.json"
    manifest.replace(manifest.with_suffix(".old"))
    (manifest.with_suffix(".old")).replace(manifest)
    manifest.touch()
    reloader.check()
    assert reloader.scorer.folder == folder


def test_a_fixed_bundle_needs_no_champion(fresh: Any, tmp_path: Path) -> None:
    settings = Settings(runs=tmp_path / "none", bundle=fresh.scorer.folder, auth=False)
    reloader = ScorerReloader(settings, Loaders(RecordedCheck(), Scorer.load, lambda: None))
    reloader.check()
    assert reloader.scorer.version == fresh.scorer.version


def test_the_thread_follows_promotions_and_survives_unexpected_errors(fresh: Any) -> None:
    surprised = threading.Event()

    def check(folder: Path) -> None:
        if folder.parent.name == "second" and not surprised.is_set():
            surprised.set()
            raise ZeroDivisionError("not a LeadMLError")

    reloader = reloader_over(fresh.runs, check)
    reloader.start()
    reloader.start()
    _until(lambda: reloader.ready)
    promote(fresh.runs, "second")
    _until(lambda: reloader.scorer.folder == fresh.runs / "second" / "bundle")
    assert surprised.is_set()
    reloader.stop()
    _until(
        lambda: (
            not any(
                t.name == "lead-ml-reload" and t.is_alive() and t in _ours(reloader)
                for t in threading.enumerate()
            )
        )
    )


def test_not_ready_before_the_kernels_are_warm(fresh: Any) -> None:
    order: list[str] = []
    settings = Settings(runs=fresh.runs, auth=False)

    def warm() -> None:
        order.append(f"warm, ready={reloader.ready}")

    reloader = ScorerReloader(settings, Loaders(lambda _: None, Scorer.load, warm))
    reloader.check()
    assert order == ["warm, ready=False"]
    assert reloader.ready


def _session(fresh: Any) -> str:
    from lead_ml.service import load_keys
    from lead_ml.service.session import COOKIE, Session

    key = next(key for key in load_keys(fresh.runs / "keys.json") if key.name == "read-key")
    return f"{COOKIE}={fresh.app.state.runtime.signer.seal(Session.fresh(key.id))}"


def _ours(reloader: ScorerReloader) -> list[threading.Thread]:
    return [t for t in threading.enumerate() if getattr(t, "_target", None) == reloader._run]


def _until(true: Any, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_messages_over_http_carry_no_absolute_path(fresh: Any) -> None:
    def refuses(folder: Path) -> None:
        raise BundleError(f"{folder.resolve()}/scorer.json is damaged")

    reloader = reloader_over(fresh.runs, refuses)
    reloader.check()
    assert reloader.reload.error.startswith("runs/")
    assert "bundle/scorer.json is damaged" in reloader.reload.error
    (fresh.runs / "champion.json").unlink()
    reloader.check()
    assert reloader.reload.error.startswith("no version serves yet: runs/champion.json is missing")


def test_a_failure_is_over_when_its_cause_is_gone(fresh: Any) -> None:
    reloader = reloader_over(fresh.runs, RecordedCheck())
    champion = fresh.runs / "champion.json"
    content = champion.read_bytes()
    reloader.check()
    for damage in (champion.unlink, lambda: champion.write_bytes(b"{")):
        damage()
        reloader.check()
        assert not reloader.reload.ok
        champion.write_bytes(content)
        reloader.check()
        assert reloader.reload.ok


def test_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def write(number: int) -> None:
        served = Served(
            version=f"v{number}", folder=f"v{number}/bundle", at="2026-01-02T00:00:00Z", why="x" * 10_000
        )
        serve_version(tmp_path, served)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(100)))
    assert served_version(tmp_path).version.startswith("v")
    assert [path.name for path in tmp_path.iterdir()] == ["champion.json"]
