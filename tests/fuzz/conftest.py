"""A small project to be damaged, and a client of the app over the trained world."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette asks for another HTTP client than the one that is installed
    from starlette.testclient import TestClient

ONE_FEATURE = """from lead_ml import category

GROUP = "fit"
FEATURES = [category("source", en="Source", zh="来源")]
"""
ONE_MODEL = """from lead_ml import ModelSpec, Won

SPEC = ModelSpec(name="conversion", target=Won(stages=("won",)), groups=("fit",))
"""


@pytest.fixture(scope="module")
def client(trained: Any) -> Iterator[Any]:
    """An app on this machine that answers an unexpected error with 500 instead of raising it here."""
    from lead_ml.scoring import Scorer
    from lead_ml.service import Settings, create_app
    from lead_ml.service.reload import Loaders

    loaders = Loaders(check=lambda _: None, load=Scorer.load, warm=lambda: None)
    app = create_app(Settings(runs=trained.runs, auth=False, poll_seconds=3600), loaders=loaders)
    app.state.runtime.reloader.check()
    here = {"client": ("127.0.0.1", 50_000), "base_url": "http://localhost"}
    with TestClient(app, raise_server_exceptions=False, **here) as found:
        yield found


@pytest.fixture(scope="module")
def bare_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one feature, whose three tables are still to be written."""
    root = tmp_path_factory.mktemp("bare")
    (root / "features").mkdir()
    (root / "models").mkdir()
    (root / "params.yaml").write_text(
        "project: fuzz\ndata:\n  leads: {path: leads.csv}\n  events: {path: events.csv}\n"
        "  outcomes: {path: outcomes.csv}\n",
        encoding="utf-8",
    )
    (root / "features" / "one.py").write_text(ONE_FEATURE, encoding="utf-8")
    (root / "models" / "conversion.py").write_text(ONE_MODEL, encoding="utf-8")
    return root
