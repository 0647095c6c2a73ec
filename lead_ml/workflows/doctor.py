"""Checks of this machine, its libraries and the project with its data: what is missing, and how to get it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lead_ml.errors import LeadMLError

if TYPE_CHECKING:
    from lead_ml.workflows.load import Loaded

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
    python, free = sys.version_info[:3], shutil.disk_usage(root if root.exists() else Path()).free / 2**30
    enough, policy = f"free {MIN_FREE_GIB} GiB at least", os.environ.get("OMP_WAIT_POLICY", "")
    passive = "set OMP_WAIT_POLICY=PASSIVE where many processes share the cores"
    passive = "" if policy.upper() == "PASSIVE" else passive
    return [
        _check("Python", ".".join(map(str, python)), "install Python 3.11 or newer", ok=python >= (3, 11)),
        *(_extra(library, extra) for library, extra in EXTRAS.items()),
        Check(ok=True, what="OMP_WAIT_POLICY", found=policy or "not set", do=passive),
        _check("free disk", f"{free:.0f} GiB", enough, ok=free >= MIN_FREE_GIB),
        _attempt(
            "feature kernels", warm_kernels, "make the numba cache folder writable, or set NUMBA_CACHE_DIR"
        ),
        _attempt("project", lambda: _project(root), "run lead-ml init, or correct the file named"),
        _attempt("champion", lambda: _champion(root), "run lead-ml train and lead-ml promote"),
    ]


def check_project(root: Path, data: Path | None) -> tuple[Loaded, Mapping[str, str], tuple[Path, ...]]:
    """Read a project with its data and write the rejected rows of each table into ``runs/rejected``.

    The features left out, because their columns are overwritten later, each with its columns, and the files written are returned too.
    """
    from lead_ml.declare import reads
    from lead_ml.tables.read import write_rejected
    from lead_ml.workflows.load import load
    from lead_ml.workflows.training import usable_features

    loaded = load(root, data)
    written = write_rejected(loaded.intake, loaded.project.runs / "rejected")
    declared = {item.name: ", ".join(sorted(reads(item))) for item in loaded.project.declarations}
    names = usable_features(loaded.project, loaded.dataset)[1]
    return loaded, {name: declared.get(name, name) for name in names}, written


def _extra(library: str, extra: str) -> Check:
    try:
        return Check(ok=True, what=library, found=version(library))
    except PackageNotFoundError:
        return Check(ok=True, what=library, found=f"not installed (optional: pip install 'lead-ml[{extra}]')")


def warm_kernels() -> str:
    """Compile the feature kernels and keep them in numba's cache."""
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
    return f"{scorer.version}, {scorer.bundle.parts['conversion'].fitted.candidate}"


def _check(what: str, found: str, do: str, *, ok: bool) -> Check:
    return Check(ok=ok, what=what, found=found, do="" if ok else do)


def _attempt(what: str, look: Callable[[], str], do: str) -> Check:
    try:
        return Check(ok=True, what=what, found=look())
    except (LeadMLError, OSError) as error:
        return Check(ok=False, what=what, found=str(error), do=do)
