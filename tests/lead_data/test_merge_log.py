"""The merge log: only appended to, chained, and valid whenever a process is stopped."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from merge_kit import AT, merge, pin, signed, undo, written

from lead_ml.errors import InputError
from lead_ml.lead_data.merge.entries import Decision, KeepApart, line_of
from lead_ml.lead_data.merge.log import FOLDER, HEAD, LOG, append_decisions, log_path, read_merges
from lead_ml.tables.durable import locked

SOME = (
    merge("L1", "L2"),
    pin("L1", "phone", "+8613805712233"),
    KeepApart("L1", "王"),
    undo(1),
    merge("L2", "L3"),
)


def test_entries_come_back_as_they_were_written(tmp_path: Path) -> None:
    entries = written(tmp_path, *SOME)
    assert [entry.decision for entry in entries] == list(SOME)
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
    assert {(entry.by, entry.why, entry.at) for entry in entries} == {("Li", "same phone", AT)}
    more = written(tmp_path, merge("L4", "L5"))
    assert more[:5] == entries
    assert all(later.before == entry.hash for entry, later in itertools.pairwise(more))


def test_the_log_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    written(tmp_path, *SOME)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / FOLDER).iterdir()}
    assert modes == {LOG: 0o600, HEAD: 0o600, "lock": 0o600}


def test_no_log_is_an_empty_log(tmp_path: Path) -> None:
    assert read_merges(tmp_path).entries == ()
    assert not (tmp_path / FOLDER).exists()


@pytest.mark.parametrize(("by", "why"), [("", "x"), ("Li", "  "), ("Li", "\x00"), ("\udc80", "x")])
def test_a_decision_needs_who_and_why(tmp_path: Path, by: str, why: str) -> None:
    with pytest.raises(InputError, match="--by and --why"):
        append_decisions(tmp_path, AT, lambda _: signed(*SOME, by=by, why=why))
    assert read_merges(tmp_path).entries == ()


def damage(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(InputError, match="Restore the folder from a backup") as error:
        read_merges(path.parents[1])
    return str(error.value)


@pytest.mark.parametrize("name", [LOG, HEAD])
@pytest.mark.parametrize(
    ("decisions", "bits"),
    [(SOME[1:3], (1,)), pytest.param(SOME, (1, 2, 16, 32, 128), marks=pytest.mark.slow)],
)
def test_every_edited_byte_is_found(
    tmp_path: Path, name: str, decisions: tuple[Decision, ...], bits: tuple[int, ...]
) -> None:
    written(tmp_path, *decisions)
    path = tmp_path / FOLDER / name
    content = path.read_bytes()
    for place in range(len(content)):
        for other in (content[place] ^ bit for bit in bits):
            damage(path, content[:place] + bytes([other]) + content[place + 1 :])
    path.write_bytes(content)
    assert len(read_merges(tmp_path).entries) == len(decisions)


@pytest.mark.slow
def test_every_removed_and_every_added_byte_is_found(tmp_path: Path) -> None:
    written(tmp_path, *SOME)
    path = log_path(tmp_path)
    content = path.read_bytes()
    for place in range(len(content)):
        damage(path, content[:place] + content[place + 1 :])
        for added in (b" ", b"\n", b"0"):
            damage(path, content[:place] + added + content[place:])


def test_every_truncation_is_found_because_the_head_knows_how_many_entries_there_were(tmp_path: Path) -> None:
    written(tmp_path, *SOME[1:3])
    path = log_path(tmp_path)
    content = path.read_bytes()
    for place in range(len(content)):
        damage(path, content[:place])


def test_lines_that_are_swapped_repeated_or_left_out_are_found(tmp_path: Path) -> None:
    written(tmp_path, *SOME)
    path = log_path(tmp_path)
    a, b, *rest = path.read_bytes().splitlines(keepends=True)
    for lines in (
        [b, a, *rest],
        [a, a, b, *rest],
        [a, *rest],
        [a, b, *rest[:-1]],
        [a, b, *rest, rest[-1]],
        [],
    ):
        damage(path, b"".join(lines))


def test_a_rewritten_entry_with_a_hash_of_its_own_is_found(tmp_path: Path) -> None:
    entries = written(tmp_path, *SOME)
    path = log_path(tmp_path)
    for place, entry in enumerate(entries):
        other = type(entry)(
            number=entry.number,
            at=entry.at,
            by="Wang",
            why=entry.why,
            decision=entry.decision,
            before=entry.before,
        ).sealed()
        lines = [line_of(item) for item in (*entries[:place], other, *entries[place + 1 :])]
        damage(path, b"\n".join(lines) + b"\n")


def test_the_message_names_the_line(tmp_path: Path) -> None:
    written(tmp_path, *SOME)
    path = log_path(tmp_path)
    assert "row 3: the line is not what was written" in damage(
        path, path.read_bytes().replace("王".encode(), b"Wei")
    )


def test_a_damaged_log_takes_no_entry(tmp_path: Path) -> None:
    written(tmp_path, *SOME)
    path = log_path(tmp_path)
    path.write_bytes(broken := path.read_bytes().replace(b"L3", b"L4"))
    with pytest.raises(InputError, match="chain of hashes"):
        written(tmp_path, merge("L7", "L8"))
    assert path.read_bytes() == broken


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_a_last_line_that_was_never_finished_is_no_entry_and_the_next_change_removes_it(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("torn")
    before = written(root, *SOME[:3])
    path, content = log_path(root), log_path(root).read_bytes()
    other = tmp_path_factory.mktemp("whole")
    line = log_path(_copied(root, other, SOME[3])).read_bytes()[len(content) :]
    torn = data.draw(st.integers(1, len(line) - 1))
    path.write_bytes(content + line[:torn])
    log = read_merges(root)
    assert (log.entries, log.torn) == (before, torn)
    after = written(root, SOME[4])
    assert after[:3] == before
    assert [entry.decision for entry in after[3:]] == [SOME[4]]
    assert read_merges(root).torn == 0


def _copied(root: Path, other: Path, *more: object) -> Path:
    (other / FOLDER).mkdir()
    for name in (LOG, HEAD):
        (other / FOLDER / name).write_bytes((root / FOLDER / name).read_bytes())
    written(other, *more)  # type: ignore[arg-type]
    return other


STOPPED = """
import os, signal, sys
from pathlib import Path
from lead_ml.lead_data.merge.entries import MergePair, SignedDecision
from lead_ml.lead_data.merge import log
at, half, calls = int(sys.argv[2]), sys.argv[3] == "half", 0

def stopping(name):
    whole = getattr(os, name)
    def run(*given, **named):
        global calls
        calls += 1
        if calls == at:
            if half and name == "write":
                whole(given[0], given[1][: len(given[1]) // 2 + 7])
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*given, **named)
    return run

for name in ("open", "write", "fsync", "ftruncate", "replace", "rename", "lseek", "close", "mkdir", "unlink"):
    setattr(os, name, stopping(name))
pairs = [SignedDecision(MergePair(f"N{k}", f"M{k}"), "Li", "same phone") for k in range(3)]
log.append_decisions(Path(sys.argv[1]), "2026-03-02T00:00:00Z", lambda _: pairs)
"""


@pytest.mark.slow
@pytest.mark.parametrize("start", ["empty", "three", "torn"])
def test_a_process_killed_at_any_step_leaves_a_valid_log(tmp_path: Path, start: str) -> None:
    for step, half in [(step, half) for step in range(1, 40) for half in ("whole", "half")]:
        root = tmp_path / f"{step}-{half}"
        root.mkdir()
        before = () if start == "empty" else written(root, *SOME[:3])
        if start == "torn":
            with log_path(root).open("ab") as file:
                file.write(b'{"number":4,"at":')
        call = [sys.executable, "-c", STOPPED, str(root), str(step), half]
        code = subprocess.run(call, check=False, env=os.environ).returncode
        log = read_merges(root)
        new = log.entries[len(before) :]
        assert log.entries[: len(before)] == before, "no earlier entry is lost"
        assert [entry.decision.a for entry in new] == ["N0", "N1", "N2"][: len(new)]  # type: ignore[union-attr]
        written(root, merge("L8", "L9"))
        assert read_merges(root).torn == 0
        if code == 0:
            assert len(new) == 3
            break
        assert code == -signal.SIGKILL
    else:
        pytest.fail("the process was killed at every step")
    assert step > 8, "each step of the writing was stopped once"


def test_two_writers_do_not_interleave(tmp_path: Path) -> None:
    def write(name: str) -> None:
        for k in range(15):
            pairs = signed(merge(name, str(k)), merge(name, str(-k - 1)), by=name)
            append_decisions(tmp_path, AT, lambda _, pairs=pairs: pairs)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = read_merges(tmp_path)
    assert len(log.entries) == 90
    pairs = [(log.entries[k].by, log.entries[k + 1].by) for k in range(0, 90, 2)]
    assert all(one == two for one, two in pairs)


def test_a_log_that_is_being_written_is_waited_for_and_then_said(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"), pytest.raises(InputError, match="another process is writing"):  # noqa: SIM117
        with locked(tmp_path / "lock", seconds=0.1):
            pytest.fail("two hold the lock")


def test_a_line_is_plain_json(tmp_path: Path) -> None:
    written(tmp_path, merge("L1", "L2"))
    found = json.loads(log_path(tmp_path).read_text(encoding="utf-8"))
    assert found["decision"] == {
        "kind": "merge",
        "a": "L1",
        "b": "L2",
        "probability": 0.97,
        "evidence": "same phone",
    }
    assert (found["number"], found["before"], len(found["hash"])) == (1, "", 64)
