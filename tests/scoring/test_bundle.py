"""Bundles: sealed, verified before anything is parsed, and proved by golden rows."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from seals import resealed

from lead_ml.errors import BundleError
from lead_ml.scoring import (
    BundleManifest,
    Scorer,
    load_bundle,
    verify,
    write_bundle,
)
from lead_ml.scoring import bundle as bundle_module
from lead_ml.scoring.golden import Golden, check_golden
from lead_ml.scoring.manifest import FORMAT
from lead_ml.scoring.subprocess_check import main as trial_main
from lead_ml.scoring.subprocess_check import try_bundle
from lead_ml.scoring.thresholds import Thresholds, accept_thresholds

MUTATIONS = 200


@pytest.fixture
def copy(trained: Any, tmp_path: Path) -> Path:
    """A copy of the bundle that may be damaged."""
    return shutil.copytree(trained.bundle, tmp_path / "bundle")


@pytest.fixture
def never_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail loudly should anything of a bundle be read after a failed verification."""

    def parsed(folder: Path) -> Any:
        raise ZeroDivisionError(f"{folder} was parsed")

    monkeypatch.setattr(bundle_module, "_read", parsed)


def sealed_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "thresholds.jsonl")


def flip(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def truncate(path: Path, rng: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: rng.randrange(path.stat().st_size)])


def extend(path: Path, rng: random.Random) -> None:
    path.write_bytes(path.read_bytes() + bytes([rng.randrange(256)]))


def remove(path: Path, rng: random.Random) -> None:
    path.unlink()


def add(path: Path, rng: random.Random) -> None:
    (path.parent / f"extra-{rng.randrange(100)}").write_bytes(b"x")


def swap_digits(path: Path, rng: random.Random) -> None:
    """Keep the size: the kind of damage that no length check sees."""
    data = path.read_bytes()
    digits = [k for k, byte in enumerate(data) if byte in b"0123456789"]
    place = rng.choice(digits) if digits else 0
    path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])


def test_none_of_200_mutations_loads_and_nothing_is_parsed(
    trained: Any, tmp_path: Path, never_parsed: None
) -> None:
    rng = random.Random(20_261_122)
    survivors = []
    for k in range(MUTATIONS):
        folder = shutil.copytree(trained.bundle, tmp_path / "mutant")
        path = rng.choice([file for file in sealed_files(folder) if file.stat().st_size])
        change: Callable[[Path, random.Random], None] = rng.choice(
            [flip, truncate, extend, remove, add, swap_digits]
        )
        before = path.read_bytes()
        change(path, rng)
        harmless = (
            path.is_file() and path.name == "manifest.json" and change is not add and same(before, path)
        )
        try:
            Scorer.load(folder)
        except BundleError:
            pass
        except ZeroDivisionError:
            if not harmless:
                survivors.append(f"{k}: {change.__name__} of {path.name}")
        shutil.rmtree(folder)
    assert survivors == []


def same(before: bytes, path: Path) -> bool:
    """Tell whether a changed manifest still says the same, as with a blank more at its end."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=BundleManifest) == msgspec.json.decode(
            before, type=BundleManifest
        )
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False


def test_every_single_file_is_guarded(trained: Any, tmp_path: Path, never_parsed: None) -> None:
    names = [path.relative_to(trained.bundle) for path in sealed_files(trained.bundle)]
    assert len(names) > 15
    for name in names:
        folder = shutil.copytree(trained.bundle, tmp_path / "mutant")
        (folder / name).unlink()
        with pytest.raises(BundleError, match="missing"):
            load_bundle(folder)
        shutil.rmtree(folder)


def test_a_whole_folder_more_is_noticed(copy: Path, never_parsed: None) -> None:
    (copy / "fake" / "deep" / "er").mkdir(parents=True)
    verify(copy)
    (copy / "fake" / "deep" / "er" / "model.txt").write_text("tree")
    with pytest.raises(BundleError, match=r"does not know: got \['fake/deep/er/model.txt'\]"):
        verify(copy)


@pytest.mark.parametrize(
    ("step", "do"), [(1, "Upgrade lead-ml"), (-1, "Train and promote again: lead-ml train")]
)
def test_a_bundle_of_another_format_says_what_to_do(
    copy: Path, never_parsed: None, step: int, do: str
) -> None:
    manifest = verify(copy)
    other = msgspec.structs.replace(manifest, format=FORMAT + step)
    (copy / "manifest.json").write_bytes(msgspec.json.encode(other))
    with pytest.raises(
        BundleError, match=f"format of the bundle: got {FORMAT + step}; expected {FORMAT}. {do}"
    ):
        load_bundle(copy)


def test_a_folder_without_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"is no bundle: manifest.json is missing"):
        Scorer.load(tmp_path)


def test_an_unreadable_manifest_is_told(copy: Path) -> None:
    (copy / "manifest.json").write_bytes(b'{"format": 2, "files": []}')
    with pytest.raises(BundleError, match="cannot be read"):
        Scorer.load(copy)


def test_a_bundle_survives_the_disk_to_the_byte(trained: Any, tmp_path: Path) -> None:
    bundle, manifest = load_bundle(trained.bundle)
    assert manifest.version == trained.run.record.version
    again = write_bundle(bundle, tmp_path / "again")
    # The whole numbers that a project writes into search ranges are read as floats.
    assert {name for name in manifest.files if again.files.get(name) != manifest.files[name]} <= {
        "conversion/spec.json",
        "fake/spec.json",
    }
    assert write_bundle(load_bundle(tmp_path / "again")[0], tmp_path / "third") == again


def test_a_bundle_is_never_written_over_another(trained: Any, copy: Path) -> None:
    with pytest.raises(BundleError, match="is not empty"):
        write_bundle(load_bundle(trained.bundle)[0], copy)


def test_a_sealed_bundle_that_cannot_be_read_is_a_bundle_error(copy: Path) -> None:
    (copy / "scorer.json").write_bytes(b"{}")
    resealed(copy)
    with pytest.raises(BundleError, match="cannot be read"):
        load_bundle(copy)


@pytest.mark.parametrize(
    "name", ["history.npz", "conversion/golden.npz", "reference/00.npz", "fake/calibration.json"]
)
def test_a_sealed_file_of_another_kind_is_a_bundle_error(copy: Path, name: str) -> None:
    (copy / name).write_bytes(b"PK\x03\x04 no archive")
    resealed(copy)
    with pytest.raises(BundleError, match="cannot be read"):
        load_bundle(copy)


class Runs:
    """An object whose pickle makes a folder as soon as it is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("name", ["history.npz", "conversion/golden.npz", "reference/00.npz"])
def test_code_in_the_arrays_of_a_bundle_is_refused_and_not_run(copy: Path, tmp_path: Path, name: str) -> None:
    with np.load(copy / name) as file:
        arrays = {key: file[key] for key in file.files}
    first = next(iter(arrays))
    hidden = np.empty(1, dtype=object)
    hidden[0] = Runs(tmp_path / "it ran")
    np.savez(copy / name, **{**arrays, first: hidden})
    resealed(copy)
    with pytest.raises(BundleError, match="cannot be read"):
        load_bundle(copy)
    assert not (tmp_path / "it ran").exists()


def test_a_kind_of_model_from_the_future_is_told(copy: Path) -> None:
    (copy / "conversion" / "candidate.json").write_bytes(b'{"candidate":"transformer"}')
    resealed(copy)
    with pytest.raises(BundleError, match="unknown candidate: got 'transformer'"):
        load_bundle(copy)


def test_a_model_that_answers_otherwise_is_refused(copy: Path) -> None:
    with np.load(copy / "conversion" / "golden.npz") as file:
        arrays = {name: file[name] for name in file.files}
    arrays["logit"][3] += 1e-6
    np.savez(copy / "conversion" / "golden.npz", **arrays)
    resealed(copy)
    with pytest.raises(
        BundleError, match="the conversion model does not give the answers it gave when it was trained"
    ):
        Scorer.load(copy)


def test_a_model_that_answers_nan_is_refused(trained: Any) -> None:
    part = load_bundle(trained.bundle)[0].parts["fake"]
    check_golden("fake", part.golden, part.fitted)
    broken = Golden(part.golden.X, np.full_like(part.golden.logit, np.nan))
    with pytest.raises(BundleError, match="the fake model does not give the answers"):
        check_golden("fake", broken, part.fitted)


def test_golden_rows_are_nobody(trained: Any) -> None:
    scorer = Scorer.load(trained.bundle)
    part = scorer.bundle.parts["conversion"]
    from lead_ml.asof.join import features_at
    from lead_ml.asof.labels import build_spine

    spine = build_spine(trained.dataset, 60_000_000, (3, 14, 30))
    rows = {
        row.tobytes()
        for row in part.fitted.matrix(features_at(part.fitted.declarations, trained.dataset, spine))
    }
    assert not any(row.tobytes() in rows for row in part.golden.X)


def test_the_trial_passes_a_sound_bundle_and_names_the_fault_of_another(copy: Path) -> None:
    try_bundle(copy)
    with np.load(copy / "fake" / "golden.npz") as file:
        arrays = {name: file[name] for name in file.files}
    arrays["logit"] -= 1
    np.savez(copy / "fake" / "golden.npz", **arrays)
    resealed(copy)
    with pytest.raises(
        BundleError,
        match=r"failed its check: the fake model does not give the answers.*keep the version|Keep the version",
    ):
        try_bundle(copy)


def test_the_trial_survives_the_death_of_its_process(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lead_ml.scoring.subprocess_check.sys.executable", "/bin/false")
    with pytest.raises(BundleError, match="failed its check: the process died with code 1"):
        try_bundle(copy)


def test_the_trial_does_not_wait_for_ever(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lead_ml.scoring.subprocess_check.SECONDS", 0.05)
    with pytest.raises(BundleError, match=r"did not load within 0.05 s"):
        try_bundle(copy)


def test_the_trial_never_starts_on_a_damaged_bundle(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lead_ml.scoring.subprocess_check.subprocess.run", lambda *_, **__: 1 / 0)
    (copy / "default_thresholds.json").unlink()
    with pytest.raises(BundleError, match="missing or damaged"):
        try_bundle(copy)


def test_the_program_of_the_trial_tells_by_its_exit_code(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trial_main([str(copy)]) == 0
    (copy / "default_thresholds.json").unlink()
    assert trial_main([str(copy)]) == 1
    assert "default_thresholds.json is missing or damaged" in capsys.readouterr().err


def test_accepted_lines_come_back_and_break_no_seal(copy: Path) -> None:
    scorer = Scorer.load(copy)
    lines = Thresholds.of(
        0.1, 0.4, method="precision", accepted_by="Li", accepted_at="2026-06-01T00:00:00Z", why="tests"
    )
    accept_thresholds(copy, lines, reference_odds=scorer.bundle.info.reference_odds, model_version="")
    again = Scorer.load(copy)
    assert again.thresholds == lines
    assert (copy / "thresholds.jsonl").is_file(), "a bundle that belongs to no project keeps its own"
    assert again.version == scorer.version
    assert scorer.thresholds == scorer.bundle.thresholds != lines


def test_damaged_lines_leave_the_defaults_in_effect(copy: Path) -> None:
    (copy / "thresholds.jsonl").write_bytes(b'{"mql": 0.')
    assert Scorer.load(copy).thresholds == load_bundle(copy)[0].thresholds


def test_the_version_names_the_content(copy: Path) -> None:
    before = verify(copy).version
    assert resealed(copy).version == before
    (copy / "card.json").write_bytes(b"{}")
    assert resealed(copy).version != before


def test_a_manifest_that_is_no_text_is_a_bundle_error(
    trained: Any, tmp_path: Path, never_parsed: None
) -> None:
    folder = shutil.copytree(trained.bundle, tmp_path / "mutant")
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"sha256"', b'"sha2\xb96"', 1))
    with pytest.raises(BundleError, match="manifest"):
        Scorer.load(folder)
