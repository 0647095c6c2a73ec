"""The lock is complete: installing it with ``--no-deps`` leaves nothing out and nothing at the wrong version."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"

Locked = dict[str, tuple[str, frozenset[str]]]


def read_lock(text: str) -> Locked:
    """Name -> (version, extras) of every line of the lock that applies to this machine."""
    lines = re.findall(r"^[A-Za-z0-9][^\\\n]*", text, flags=re.MULTILINE)
    found: Locked = {}
    for requirement in map(Requirement, lines):
        if requirement.marker is None or requirement.marker.evaluate():
            (pin,) = requirement.specifier
            found[canonicalize_name(requirement.name)] = (pin.version, frozenset(requirement.extras))
    return found


def requirements_of(name: str, extras: frozenset[str]) -> list[Requirement]:
    """What the installed distribution asks for here, with the given extras."""
    asked = [Requirement(line) for line in metadata.requires(name) or ()]
    environments = [{**default_environment(), "extra": extra} for extra in ("", *sorted(extras))]
    return [r for r in asked if r.marker is None or any(r.marker.evaluate(e) for e in environments)]


def unmet(locked: Locked, own: list[Requirement]) -> list[str]:
    """Every requirement, of the project and of each locked distribution, that the lock does not satisfy."""
    asked = [("lead-ml", requirement) for requirement in own]
    for name, (_, extras) in locked.items():
        asked += [(name, requirement) for requirement in requirements_of(name, extras)]
    problems = []
    for who, requirement in asked:
        version, extras = locked.get(canonicalize_name(requirement.name), ("none", frozenset()))
        if version == "none" or not requirement.specifier.contains(version, prereleases=True):
            problems.append(f"{who} needs {requirement}, the lock has version {version}")
        elif missing := set(requirement.extras) - extras:
            problems.append(f"{who} needs {requirement}, the locked line lacks the extras {sorted(missing)}")
    return problems


@pytest.fixture(scope="module")
def own() -> list[Requirement]:
    """What pyproject.toml declares, all extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(line) for line in [*project["dependencies"], *(line for e in extras for line in e)]]


@pytest.fixture(scope="module")
def locked() -> Locked:
    return read_lock(LOCK.read_text(encoding="utf-8"))


def test_the_lock_satisfies_the_metadata_of_every_distribution(
    locked: Locked, own: list[Requirement]
) -> None:
    assert len(locked) > 100
    assert unmet(locked, own) == []


def test_what_is_installed_is_what_is_locked_or_newer(locked: Locked) -> None:
    """A library that somebody brought up to date since does not fail the tests."""
    older = {n: v for n, (v, _) in locked.items() if Version(metadata.version(n)) < Version(v)}
    assert older == {}


def test_a_line_that_lost_its_extra_is_found(locked: Locked, own: list[Requirement]) -> None:
    version, _ = locked["coverage"]
    problems = unmet({**locked, "coverage": (version, frozenset())}, own)
    assert any("pytest-cov needs coverage[toml]" in problem for problem in problems)


def test_a_missing_and_an_outdated_distribution_are_found(locked: Locked, own: list[Requirement]) -> None:
    without = {name: pin for name, pin in locked.items() if name != "numba"}
    assert any("lead-ml needs numba" in problem for problem in unmet(without, own))
    problems = unmet({**locked, "numpy": ("1.26.0", frozenset())}, own)
    assert any("needs numpy" in problem and "1.26.0" in problem for problem in problems)


def test_the_lock_names_no_index() -> None:
    text = LOCK.read_text(encoding="utf-8")
    assert not re.search(r"://|^\s*--(?!hash=)", text, flags=re.MULTILINE)
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[A-Za-z0-9])", text.strip()))


def test_make_never_resolves_the_lock_again() -> None:
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    installs = [line for line in lines if "pip install" in line and "requirements.lock" in line]
    assert installs
    assert all("--no-deps" in line and "--require-hashes" in line for line in installs)
