"""A company's project: ``params.yaml``, ``features/*.py`` and ``models/*.py``, loaded by path and only for training."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from msgspec.structs import replace

from lead_ml.declare import (
    Declaration,
    Feature,
    Lookup,
    labeled,
    read_labels,
    read_table,
    reads,
    validated,
    without,
)
from lead_ml.errors import DeclarationError, LeadMLError, ParamsError
from lead_ml.project.outcome_columns import check_outcome_columns
from lead_ml.project.params import Params, load_params
from lead_ml.project.personal import check_personal
from lead_ml.project.profile_points import check_points
from lead_ml.project.schema import usable_columns
from lead_ml.project.targets import ModelSpec
from lead_ml.project.task import Task

LABELS = "tables/labels.csv"
_T = TypeVar("_T")


@dataclass(frozen=True)
class Project:
    """A loaded project; :func:`load_project` makes it.

    Parameters
    ----------
    root
        Folder of the project.
    params
        Content of ``params.yaml``.
    declarations
        Validated features of ``features/*.py``.
    specs
        Models of ``models/*.py`` by name: ``conversion`` and, where there is one, ``fake``.
    digest
        Hash of all files that define the project.

    Examples
    --------
    >>> sorted(load_project(".").specs)  # in the folder of the demo
    ['conversion', 'fake']
    """

    root: Path
    params: Params
    declarations: tuple[Declaration, ...]
    specs: Mapping[str, ModelSpec]
    digest: str

    def __repr__(self) -> str:
        return f"Project({self.params.project}: {len(self.declarations)} features, models {' and '.join(self.specs)})"

    @property
    def runs(self) -> Path:
        """Folder of the trained versions."""
        return self.root / "runs"

    @cached_property
    def tasks(self) -> Mapping[str, Task]:
        """The prediction tasks by name: every model with its numbers, put together once."""
        return {name: Task.of(spec, self.params) for name, spec in self.specs.items()}

    def task(self, name: str) -> Task:
        """Return the task of one target; a name without a model is a ParamsError."""
        if name not in self.tasks:
            raise ParamsError("target", value=name, expected=f"one of {', '.join(self.tasks)}")
        return self.tasks[name]


def load_project(root: Path | str) -> Project:
    """Read ``params.yaml``, run the definitions of a project, and read the tables that they look up.

    Parameters
    ----------
    root
        Folder with ``params.yaml``, ``features/`` and ``models/``. Their Python code is run.

    Returns
    -------
    Project
        Validated; no data is read.

    Raises
    ------
    ParamsError
        If ``params.yaml`` is wrong; the message names the key.
    DeclarationError
        If a definition is wrong; the message names the file.

    Examples
    --------
    >>> load_project("nowhere")
    Traceback (most recent call last):
    lead_ml.errors.ParamsError: nowhere/params.yaml does not exist. Run lead-ml init, or change to the folder of your project.
    """
    root = Path(root)
    params = load_params(root / "params.yaml")
    digest = _digest(root)
    labels = read_labels(root / LABELS)
    declarations = [
        labeled(
            replace(item, table=read_table(root / item.file)) if isinstance(item, Lookup) else item, labels
        )
        for path in _files(root, "features")
        for item in _features(_load(path, digest))
    ]
    if not declarations:
        raise DeclarationError(f"{root / 'features'} declares no feature", expected="FEATURES in its files")
    specs: dict[str, ModelSpec] = {}
    for path in _files(root, "models"):
        spec = _attribute(_load(path, digest), "SPEC", ModelSpec)
        specs[spec.name] = spec
    if "conversion" not in specs:
        raise DeclarationError(
            f"{root / 'models'} has no conversion model", expected="SPEC = ModelSpec(name='conversion', ...)"
        )
    found = validated(declarations)
    check_points(params.conversion.profile, found)
    check_outcome_columns(found, params, specs.values())
    check_personal(found, params)
    return Project(root, params, found, specs, digest)


def usable(
    declarations: Sequence[Declaration], params: Params, columns: Sequence[str]
) -> tuple[tuple[Declaration, ...], tuple[str, ...]]:
    """Split validated features by whether a model may see the lead columns that they read; the others by name."""
    allowed = set(usable_columns(params, columns)) | {"lead_id"}
    present = set(columns)
    narrowed = (without(item, lambda part: bool((reads(part) & present) - allowed)) for item in declarations)
    kept = tuple(item for item in narrowed if item is not None)
    names = {item.name for item in kept}
    return kept, tuple(item.name for item in declarations if item.name not in names)


def _files(root: Path, folder: str, kind: str = "py") -> list[Path]:
    return sorted(path for path in (root / folder).glob(f"*.{kind}") if not path.name.startswith("_"))


def _digest(root: Path) -> str:
    content = hashlib.sha256()
    tables = _files(root, "tables", "csv")
    for path in [root / "params.yaml", *_files(root, "features"), *_files(root, "models"), *tables]:
        content.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return content.hexdigest()[:12]


def _load(path: Path, digest: str) -> ModuleType:
    name = f"lead_ml_project_{digest}_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except LeadMLError as error:
        raise DeclarationError(f"{path}: {error}") from error
    except Exception as error:  # a definition is the user's code: any exception is reported as an error in it
        raise DeclarationError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    return module


def _features(module: ModuleType) -> list[Declaration]:
    group = getattr(module, "GROUP", "")
    items = _attribute(module, "FEATURES", list)
    stray = next((item for item in items if not isinstance(item, Feature)), None)
    if stray is not None:
        raise DeclarationError(
            f"{module.__file__}: FEATURES contains something that is not a declaration",
            value=stray,
            expected="declarations only",
        )
    return [item if item.group else replace(item, group=group) for item in items]


def _attribute(module: ModuleType, name: str, kind: type[_T]) -> _T:
    value = getattr(module, name, None)
    if not isinstance(value, kind):
        raise DeclarationError(
            f"{module.__file__} does not define {name}", value=value, expected=f"{name} = a {kind.__name__}"
        )
    return value
