"""Checks of this machine, its libraries and the project: what is missing, and how to get it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from lead_ml.errors import LeadMLError

MIN_FREE_GIB = 2
EXTRAS = {"mlflow": "train", "optuna": "train", "bentoml": "bento", "dask": "dask", "psycopg": "postgres"}


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check."""

    ok: bool
    what: str
    found: str
    do: str = ""


def examine(root: Path) -> list[Check]:
    """Check Python, the libraries, the kernels, the disk, the project and the version that serves."""
    return [
        _python(),
        *(_extra(library, extra) for library, extra in EXTRAS.items()),
        _openmp(),
        _disk(root),
        _attempt("feature kernels", _kernels, "make the numba cache folder writable, or set NUMBA_CACHE_DIR"),
        _attempt("project", lambda: _project(root), "run lead-ml init, or correct the file named"),
        _attempt("champion", lambda: _champion(root), "run lead-ml train and lead-ml promote"),
    ]


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return _check("Python", found, "install Python 3.11 or newer", ok=sys.version_info >= (3, 11))


def _extra(library: str, extra: str) -> Check:
    try:
        return Check(ok=True, what=library, found=version(library))
    except PackageNotFoundError:
        return Check(ok=True, what=library, found=f"not installed (optional: pip install 'lead-ml[{extra}]')")


def _openmp() -> Check:
    policy = os.environ.get("OMP_WAIT_POLICY", "")
    advice = (
        ""
        if policy.upper() == "PASSIVE"
        else "set OMP_WAIT_POLICY=PASSIVE where many processes share the cores"
    )
    return Check(ok=True, what="OMP_WAIT_POLICY", found=policy or "not set", do=advice)


def _disk(root: Path) -> Check:
    place = root if root.exists() else Path()
    free = shutil.disk_usage(place).free / 2**30
    return _check(
        "free disk", f"{free:.0f} GiB", f"free {MIN_FREE_GIB} GiB at least", ok=free >= MIN_FREE_GIB
    )


def _kernels() -> str:
    from lead_ml.asof.kernel import warm

    warm()
    return "compiled"


def _project(root: Path) -> str:
    from lead_ml.project.load import load_project

    project = load_project(root)
    return (
        f"{project.params.project}: {len(project.declarations)} features, models {', '.join(project.specs)}"
    )


def _champion(root: Path) -> str:
    from lead_ml.scoring import Scorer, served_folder

    scorer = Scorer.load(served_folder(root / "runs"))
    return f"{scorer.version}, {scorer.bundle.parts['conversion'].fitted.kind}"


def _check(what: str, found: str, do: str, *, ok: bool) -> Check:
    return Check(ok=ok, what=what, found=found, do="" if ok else do)


def _attempt(what: str, look: Callable[[], str], do: str) -> Check:
    try:
        return Check(ok=True, what=what, found=look())
    except (LeadMLError, OSError) as error:
        return Check(ok=False, what=what, found=str(error), do=do)
