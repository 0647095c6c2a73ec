"""A project folder in tmp_path, and a private PostgreSQL cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from read_kit import LEADS, NOW, Reader

from lead_ml.project.params import params_from
from lead_ml.tables.cell_rules import CellRules
from lead_ml.tables.dataset import Dataset
from lead_ml.tables.read import IntakeReport, read_dataset


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Write tables as CSV (text or bytes; None leaves one out) and read them as a project.

    ``leads_params`` and the like are merged into the table's section, other keywords into the whole.
    """

    def reader(
        leads: str | bytes | None = LEADS,
        events: str | bytes | None = None,
        outcomes: str | bytes | None = None,
        *,
        until: str | None = None,
        now: datetime = NOW,
        leads_params: dict[str, Any] | None = None,
        events_params: dict[str, Any] | None = None,
        outcomes_params: dict[str, Any] | None = None,
        data_more: dict[str, Any] | None = None,
        sealed: CellRules | None = None,
        **more: Any,
    ) -> tuple[Dataset, IntakeReport]:
        data: dict[str, Any] = {"until": until, **(data_more or {})}
        given = {
            "leads": (leads, leads_params),
            "events": (events, events_params),
            "outcomes": (outcomes, outcomes_params),
        }
        for name, (content, params) in given.items():
            if content is not None:
                encoded = content.encode() if isinstance(content, str) else content
                (tmp_path / f"{name}.csv").write_bytes(encoded)
            if content is not None or params is not None:
                place = {} if params and ("path" in params or "url" in params) else {"path": f"{name}.csv"}
                data[name] = {**place, **(params or {})}
        params = params_from({"project": "p", "data": data, **more})
        return read_dataset(params, tmp_path, now=now, sealed=sealed)

    return reader


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a database of a private PostgreSQL cluster that listens on a unix socket only."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        pytest.skip("PostgreSQL is not installed")
    # Short and outside the test's own folder: a unix socket's path may have 107 characters, and the
    # server must not run as root, which owns pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    as_root = os.geteuid() == 0
    if as_root:
        shutil.chown(folder, "postgres")
    prefix = ["runuser", "-u", "postgres", "--"] if as_root else []

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [*prefix, str(binaries[-1] / program), *arguments],
            check=True,
            capture_output=True,
            cwd=folder,
            timeout=60,
        )

    cluster = folder / "data"
    try:
        run(
            "initdb", "-D", str(cluster), "-U", "crm", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale"
        )
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run("pg_ctl", "-D", str(cluster), "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            yield f"postgresql://crm@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", str(cluster), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)
