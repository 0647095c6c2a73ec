"""A running app over the trained world, without the temporary process that checks bundles, which has a test of its own."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from lead_ml.scoring import Scorer
from lead_ml.service import Settings, create_app, create_key
from lead_ml.service.reload import Loaders

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette asks for another HTTP client than the one that is installed
    from starlette.testclient import TestClient

HERE = {"client": ("127.0.0.1", 50_000), "base_url": "http://localhost"}


@dataclass(frozen=True)
class Deployed:
    """An app with its client and its API keys."""

    app: Starlette
    client: Any
    runs: Path
    score: dict[str, str]
    read: dict[str, str]
    admin: dict[str, str]
    keys: dict[str, str]

    @property
    def reloader(self) -> Any:
        return self.app.state.runtime.reloader

    @property
    def scorer(self) -> Scorer:
        return self.reloader.scorer

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        return self.client.post(path, json=body, headers=self.score if headers is None else headers)


def quick_loaders() -> Loaders:
    return Loaders(check=lambda _: None, load=Scorer.load, warm=lambda: None)


def deploy(runs: Path, **changes: Any) -> Iterator[Deployed]:
    settings = Settings(runs=runs, poll_seconds=3600, **changes)
    found = {name: create_key(settings.keys_path, f"{name}-key", [name]) for name in ("score", "read")}
    found["admin"] = create_key(settings.keys_path, "admin-key", ["read", "admin"])
    app = create_app(settings, loaders=quick_loaders())
    app.state.runtime.reloader.check()
    headers = {name: {"Authorization": f"Bearer {key}"} for name, key in found.items()}
    with TestClient(app, **HERE) as client:
        yield Deployed(app, client, runs, headers["score"], headers["read"], headers["admin"], found)


def copied(trained: Any, target: Path) -> Path:
    runs = target / "runs"
    shutil.copytree(trained.runs, runs)
    return runs


@pytest.fixture(scope="module")
def served(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """One app for all tests of a module that only read."""
    yield from deploy(copied(trained, tmp_path_factory.mktemp("served")))


@pytest.fixture
def fresh(trained: Any, tmp_path: Path) -> Iterator[Deployed]:
    """A separate app with its own copy of the runs, which tests may change."""
    yield from deploy(copied(trained, tmp_path))


@pytest.fixture
def local(trained: Any, tmp_path: Path) -> Iterator[Deployed]:
    """A separate app with API keys off."""
    yield from deploy(copied(trained, tmp_path), auth=False)


@pytest.fixture
def empty_app(tmp_path: Path) -> Starlette:
    """An app over an empty folder: nothing was promoted."""
    return create_app(Settings(runs=tmp_path, auth=False, poll_seconds=3600), loaders=quick_loaders())


@pytest.fixture
def client_of() -> Callable[..., Any]:
    """Make a client for an app; by default one on this machine."""
    return lambda app, **changes: TestClient(app, **{**HERE, **changes})


@pytest.fixture
def body() -> dict[str, Any]:
    """A request body that every scoring route accepts."""
    return {
        "lead": {
            "lead_id": "A-1",
            "created_at": "2026-06-25T08:00:00Z",
            "name": "Wang Xiaoming",
            "email": "wang.xiaoming@example.com",
            "source": "webinar",
        },
        "events": [{"type": "page_view", "page": "pricing", "occurred_at": "2026-06-25T09:00:00Z"}],
        "as_of": "2026-06-26T00:00:00Z",
    }
