"""A run that cannot be read is named in one sentence, whatever is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lead_ml.errors import InputError
from lead_ml.registry.runs import open_run


@pytest.mark.parametrize("content", [b"", b"null", b"{}", b'{"version": "a", "kinds": {}}', b"\xff"])
def test_a_record_of_another_lead_ml_or_a_damaged_one_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "abc").mkdir()
    (tmp_path / "abc" / "run.json").write_bytes(content)
    with pytest.raises(
        InputError, match=r"run.json: is damaged, or was written by another lead-ml .*Move it away"
    ):
        open_run(tmp_path, "abc")


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"\xff"])
def test_so_does_the_file_that_names_the_latest(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "latest.json").write_bytes(content)
    with pytest.raises(InputError, match=r"latest.json: is damaged"):
        open_run(tmp_path)
