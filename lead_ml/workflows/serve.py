"""Serving from the command line: one process, ready before it answers, by thresholds that somebody accepted."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

from lead_ml.errors import InputError, ParamsError
from lead_ml.scoring import Scorer, served_folder
from lead_ml.scoring.thresholds import Acceptance, Thresholds, accept_thresholds, log_of, read_log

SCOPES = ("score", "read", "admin")
FIRST_KEY = "admin"


def serve_project(
    root: Path,
    *,
    host: str,
    port: int,
    auth: bool,
    say: Callable[[str], None],
    reveal: Callable[[str], None] | None = None,
) -> None:
    """Serve the champion of a project until interrupted.

    The first time, an API key with all scopes is made and given to `reveal`, which shows it to a person. Without one, as where
    output goes to a log, no key is made.
    """
    import uvicorn

    from lead_ml.service import Settings, create_app, create_key

    runs = root / "runs"
    served_folder(runs)
    _check_free(host, port)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    settings = Settings(runs=runs, auth=auth)
    if auth and not settings.keys_path.is_file():
        if reveal is None:
            say(
                "No API key exists yet. Create one in the project, with scope score for the API and read for the pages: "
                "python -m lead_ml.service key NAME --scope score --scope read"
            )
        else:
            key = create_key(settings.keys_path, FIRST_KEY, SCOPES)
            reveal(f"API key, shown once and stored hashed: {key}")
    say(f"Review page: http://{host}:{port}/review   API: http://{host}:{port}/docs")
    uvicorn.run(create_app(settings), host=host, port=port, log_level="warning", access_log=False)


def _check_free(host: str, port: int) -> None:
    """Try the address before anything is loaded: a server that cannot listen only logs so."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        raise InputError(
            "this address cannot be listened on",
            source=f"{host}:{port}",
            value=error.strerror or str(error),
            expected="a free port of this machine",
            do="name another one with --port",
        ) from error


def accept_method(scorer: Scorer, method: str, *, by: str, why: str) -> Thresholds:
    """Accept the thresholds of one method for the project of a bundle; they apply from the next request."""
    advice = next((item for item in scorer.bundle.advice if item.method == method), None)
    if advice is None or scorer.folder is None:
        raise ParamsError(f"this version has no advice by {method}", do="train with more outcomes")
    thresholds = Thresholds.approved(
        advice.mql.probability, advice.sql.probability, method=method, by=by, why=why
    )
    odds = scorer.bundle.info.reference_odds
    accept_thresholds(scorer.folder, thresholds, reference_odds=odds, model_version=scorer.version)
    return thresholds


def acceptances(scorer: Scorer) -> tuple[Acceptance, ...]:
    """Return every acceptance of thresholds in the project of a bundle, oldest first."""
    return () if scorer.folder is None else read_log(log_of(scorer.folder)).acceptances
