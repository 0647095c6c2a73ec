"""What train, evaluate, audit and score say on the terminal in each state of a run: sentences present, sentences absent."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lead_ml.cli.show import print_evaluation, print_worklist
from lead_ml.cli.training import print_run
from lead_ml.evaluation import LeakyRecord
from lead_ml.evaluation.leakage import AuditReport, LeakageFinding, to_json
from lead_ml.registry.runs import AUDIT_FILE, Run
from lead_ml.scoring import read_worklist

COLD = "not evaluated: the forward window has 0 positive and 745 negative rows. The scorecard"


def run_of(trained: Any, folder: Path, *, flagged: dict[str, str], evaluated: bool, leaky: bool, **record: Any) -> Run:  # fmt: skip
    """The run of the small world with an audit that flags some columns, and another record."""
    shutil.copytree(trained.run.folder, folder)
    run = Run(folder, msgspec.structs.replace(trained.run.record, **record))
    findings = tuple(LeakageFinding("fill", n, v, {}, "", "", (n,)) for n, v in flagged.items())  # type: ignore[arg-type]
    (folder / AUDIT_FILE).write_bytes(
        to_json(AuditReport(target="conversion", rows=9, positives=3, findings=findings))
    )
    for target in run.targets:
        path = folder / f"evaluation-{target}.json"
        found = run.evaluation(target)
        if not evaluated:
            path.unlink()
        elif leaky and found is not None:
            msgspec.structs.replace(found, leaky=LeakyRecord(features=("a",), metrics={})).save(path)
    return run


# By state: the run, what must be said, and what must not.
STATES: dict[str, tuple[dict[str, Any], set[str], set[str]]] = {
    "nothing flagged": ({}, {"conversion"}, {"leakage audit", "left out", "suspect"}),
    "flagged and used": ({"flagged": {"source": "suspect"}}, {"flags source: figures of models that use them are suspect"}, {"which no model uses"}),
    "flagged, used by none": ({"flagged": {"late": "leak"}}, {"flags late, which no model uses"}, {"are suspect"}),
    "overwritten": ({"left_out_features": ("a",)}, {"left out a: features that read columns that are overwritten later"}, {"leaks by the audit"}),
    "left out for a leak": ({"left_out_features": ("a",), "flagged_features": ("a",)}, {"left out a: features that read columns that are leaks by the audit"}, {"overwritten later"}),
    "told with figures": ({"left_out_features": ("a",), "leaky": True}, {"left out a: with them the same model would seem to reach"}, {"left out a: features that read"}),
    "not evaluated": ({"evaluated": False, "not_evaluated": {"conversion": "the forward window has 0 positive and 745 negative rows"}}, {f"{COLD} is used as written"}, {"too few outcomes", "Evaluated on", "gives every lead the same score"}),
    "not evaluated, no rules": ({"evaluated": False, "hand_written": False, "not_evaluated": {"conversion": "the forward window has 0 positive and 745 negative rows"}}, {f"{COLD} has no rules, so it gives every lead the same score"}, {"conversion: not evaluated: the known outcomes"}),
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_what_train_says_holds_in_its_state(
    trained: Any, tmp_path: Path, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given, present, absent = STATES[state]
    standard = {"flagged": {}, "evaluated": True, "leaky": False, "left_out_features": ()}
    print_run(run_of(trained, tmp_path / "run", **{**standard, **given}))
    said = " ".join(capsys.readouterr().out.split())
    for sentence in present:
        assert sentence in said
    for sentence in absent:
        assert sentence not in said


@pytest.mark.parametrize("undated", [False, True])
def test_undated_data_is_evaluated_in_random_folds_not_in_a_window(
    trained: Any, undated: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    found = trained.run.evaluation("conversion")
    windows = tuple(msgspec.structs.replace(item, start="", end="") for item in found.windows)
    if undated:
        found = msgspec.structs.replace(found, optimistic=True, windows=windows)
    print_evaluation(found, "conversion")
    said = " ".join(capsys.readouterr().out.split())
    assert f"Evaluated on {found.tested.test_leads:,} leads" in said
    assert ("in random folds" in said) is undated
    assert ("created 20" in said) is not undated
    assert ("The column random is the ROC AUC of a random split" in said) is not undated


@pytest.mark.parametrize(
    ("validation", "candidate", "said"),
    [
        ("validated", "lightgbm", ""),
        ("unvalidated", "scorecard", "规则未经验证："),
        ("unvalidated", "logistic", "未经验证："),
        ("no_signal", "lightgbm", "没有信号："),
    ],
)
def test_a_chinese_worklist_has_no_english_word(
    trained: Any, validation: str, candidate: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    row = next(iter(read_worklist(trained.root / "runs")))
    answer = msgspec.structs.replace(row.answer, validation=validation, candidate=candidate, lead_id="线索")
    print_worklist([answer], "标题", "zh")
    head = capsys.readouterr().out.splitlines()[:5]
    assert not [word for word in ("score", "grade", "stage", "fake", "interval", "probability", "FLAG", "Unvalidated") if any(word in line for line in head)]  # fmt: skip
    assert "（转化概率及其 90% 区间）" in head[0]
    assert any(line.startswith(said) for line in head)
    assert ("规则" in "".join(head[:3])) is (candidate == "scorecard")
