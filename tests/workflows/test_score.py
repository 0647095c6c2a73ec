"""Scoring a project from files: the worklist, one lead, the table for sales, and reading what is there."""

from __future__ import annotations

import json
import math
import platform
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from lead_ml.asof.labels import closed_known, open_leads
from lead_ml.asof.open_leads import OpenLeads
from lead_ml.errors import BundleError, InputError, LeadMLError
from lead_ml.scoring import Scorer, read_worklist, reworded, served_folder, served_version
from lead_ml.tables.instants import iso
from lead_ml.workflows import doctor
from lead_ml.workflows.init import init_project, reference_project
from lead_ml.workflows.load import intake_summary, load, save_intake
from lead_ml.workflows.sales_file import sales_rows, write_table
from lead_ml.workflows.score import ScoredProject, save_worklist, score_one, score_open


@pytest.fixture(scope="module")
def scorer(trained: Any) -> Scorer:
    return Scorer.load(trained.bundle)


def test_the_worklist_holds_every_open_lead_best_first(trained: Any, scorer: Scorer) -> None:
    rows = read_worklist(trained.runs)
    still_open = np.flatnonzero(closed_known(trained.dataset) >= trained.dataset.until)
    assert {row.answer.lead_id for row in rows} == {trained.dataset.leads.lead_id[k] for k in still_open}
    probabilities = [row.answer.probability for row in rows if row.state == "open"]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(row.lead["lead_id"] == row.answer.lead_id for row in rows)
    assert all("lead_status" not in row.lead and "created_at" in row.lead for row in rows)


def test_chunks_change_no_answer(trained: Any, scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = score_open(scorer, trained.dataset)
    monkeypatch.setattr("lead_ml.workflows.score.CHUNK", 400)
    said: list[str] = []
    assert score_open(scorer, trained.dataset, progress=said.append) == whole
    assert said[0] == f"scored 400 of {len(whole):,} leads"


def test_a_worklist_is_replaced_whole(trained: Any, scorer: Scorer, tmp_path: Path) -> None:
    answers = score_open(scorer, trained.dataset)
    save_worklist(answers, trained.dataset, tmp_path)
    save_worklist(answers[:3], trained.dataset, tmp_path)
    assert [row.answer for row in read_worklist(tmp_path)] == answers[:3]
    assert [path.name for path in tmp_path.iterdir()] == ["worklist.jsonl"]


def test_no_worklist_is_empty_and_a_broken_one_is_told(tmp_path: Path) -> None:
    assert read_worklist(tmp_path) == []
    (tmp_path / "worklist.jsonl").write_text('{"lead": 1}\n')
    with pytest.raises(InputError, match=r"the worklist cannot be read\. Run lead-ml score again"):
        read_worklist(tmp_path)


def test_one_lead_is_answered_with_all_its_reasons(trained: Any, scorer: Scorer) -> None:
    lead_id = read_worklist(trained.runs)[0].answer.lead_id
    answer = score_one(scorer, trained.dataset, lead_id, lang="zh")
    assert answer.lead_id == lead_id
    listed = (*answer.reasons.for_, *answer.reasons.against)
    total = answer.base + answer.reasons.other + sum(reason.contribution for reason in listed)
    assert total == pytest.approx(answer.base + sum(answer.families.values()), abs=1e-9)
    least = min(abs(reason.points) for reason in listed)
    assert least >= 0.05
    assert sum(abs(part) * 20 / math.log(10) >= 0.05 for part in answer.families.values()) == len(listed)
    assert 1 / (1 + math.exp(-total)) == pytest.approx(answer.probability)


def test_one_lead_may_be_asked_about_in_its_past_but_not_before_it(trained: Any, scorer: Scorer) -> None:
    data = trained.dataset
    created = int(data.leads.created_at[0])
    assert score_one(scorer, data, data.leads.lead_id[0], as_of=created).as_of == iso(created)
    with pytest.raises(InputError, match="the lead did not exist yet"):
        score_one(scorer, data, data.leads.lead_id[0], as_of=created - 1)
    with pytest.raises(InputError, match="no such lead: got 'nobody'"):
        score_one(scorer, data, "nobody")


def opened(ranked: int, stale: int = 0) -> OpenLeads:
    rows = np.arange(ranked + stale)
    return OpenLeads(0, rows[:ranked], rows[ranked:])


def test_a_row_for_sales_holds_the_figures_and_the_strongest_reasons(trained: Any) -> None:
    answer = read_worklist(trained.runs)[0].answer
    (row,) = sales_rows(ScoredProject(trained.dataset, [answer], trained.runs, opened(1)))
    assert row["state"] == "open"
    assert row["probability"] == round(answer.probability, 4)
    assert row["fake_probability"] == round(answer.fake.probability, 4)
    strongest = max((*answer.reasons.for_, *answer.reasons.against), key=lambda reason: abs(reason.points))
    assert (row["points_1"], row["reason_1"]) == (round(strongest.points, 1), strongest.text)
    assert "link" not in row


def test_the_file_for_sales_is_written_in_batches_and_reads_back(
    trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [row.answer for row in read_worklist(trained.runs)[:7]]
    answers[0] = msgspec.structs.replace(answers[0], fake=None)
    rows = list(sales_rows(ScoredProject(trained.dataset, answers, trained.runs, opened(5, 2))))
    assert [row["state"] for row in rows] == ["open"] * 5 + ["stale"] * 2
    monkeypatch.setattr("lead_ml.workflows.sales_file._BATCH", 3)
    write_table(rows, tmp_path / "leads.csv")
    write_table(rows, tmp_path / "leads.parquet")
    for read in (pd.read_csv(tmp_path / "leads.csv"), pd.read_parquet(tmp_path / "leads.parquet")):
        assert list(read["lead_id"]) == [answer.lead_id for answer in answers]
        assert read["points_1"].tolist() == [row["points_1"] for row in rows]
        assert np.isnan(read["fake_probability"][0])
        assert list(read.columns) == list(rows[0])


def test_a_lead_without_a_fake_model_and_a_link_in_the_row_for_sales(trained: Any) -> None:
    answer = read_worklist(trained.runs)[0].answer
    bare = msgspec.structs.replace(answer, fake=None)
    (without,) = sales_rows(
        ScoredProject(trained.dataset, [bare], trained.runs, opened(1)), "https://crm/{lead_id}"
    )
    assert without["fake_probability"] is without["fake_flag"] is None
    assert without["link"] == f"https://crm/{answer.lead_id}"


def test_the_worklist_and_the_row_for_sales_link_to_the_crm_of_the_project(
    trained: Any, tmp_path: Path
) -> None:
    answer = read_worklist(trained.runs)[0].answer
    pattern, link = "https://crm/x?id={lead_id}", f"https://crm/x?id={answer.lead_id}"
    save_worklist([answer], trained.dataset, tmp_path, opened(1), pattern)
    assert [row.link for row in read_worklist(tmp_path)] == [link]
    done = ScoredProject(trained.dataset, [answer], tmp_path, opened(1), pattern)
    assert [row["link"] for row in sales_rows(done)] == [link]
    assert [row["link"] for row in sales_rows(done, "https://b/{lead_id}")] == [f"https://b/{answer.lead_id}"]


def test_the_worklist_holds_the_contact_fields_as_the_data_has_them(trained: Any) -> None:
    leads = trained.dataset.leads
    for row in read_worklist(trained.runs)[::40]:
        place = leads.lead_id.index(row.answer.lead_id)
        for name in ("name", "job_title", "company", "email", "phone"):
            column = leads.columns[name]
            code = int(column.codes[place])
            assert row.lead.get(name) == (column.levels[code] if code >= 0 else None)


def test_a_row_for_sales_adds_up_to_the_score(trained: Any, scorer: Scorer) -> None:
    for row in read_worklist(trained.runs)[::50]:
        (cells,) = sales_rows(ScoredProject(trained.dataset, [row.answer], trained.runs, opened(1)))
        points = [cells[f"points_{number}"] or 0.0 for number in range(1, 7)]
        total = sum(row.answer.families.values()) * 20 / math.log(10)
        assert sum(points) + cells["points_other"] == pytest.approx(total, abs=0.4)


def test_reasons_are_reworded_with_the_same_figures(trained: Any, scorer: Scorer) -> None:
    answer = read_worklist(trained.runs)[0].answer
    chinese = reworded(answer.reasons, scorer, "conversion", "zh")
    assert [r.contribution for r in chinese.for_] == [r.contribution for r in answer.reasons.for_]
    assert chinese == score_one_top(scorer, trained, answer.lead_id)
    assert reworded(chinese, scorer, "conversion", "en") == answer.reasons


def score_one_top(scorer: Scorer, trained: Any, lead_id: str) -> Any:
    row = trained.dataset.leads.lead_id.index(lead_id)
    spine = open_leads(trained.dataset, trained.dataset.until)
    return scorer.score_dataset(trained.dataset, spine.take(spine.lead == row), lang="zh")[0].reasons


def test_the_served_version_is_read_back(trained: Any, tmp_path: Path) -> None:
    assert served_version(trained.runs).version == trained.run.record.version
    assert served_folder(trained.runs) == trained.bundle
    with pytest.raises(BundleError, match="no version serves yet"):
        served_version(tmp_path)


def test_a_project_is_read_with_its_data_and_a_summary(trained: Any, tmp_path: Path) -> None:
    loaded = load(trained.root)
    assert loaded.dataset.digests == trained.dataset.digests
    assert load(trained.root, data=trained.root).dataset.until == trained.dataset.until
    save_intake(loaded.intake, tmp_path / "intake.json")
    summary = json.loads((tmp_path / "intake.json").read_text())
    assert summary == json.loads(json.dumps(intake_summary(loaded.intake)))
    for table in summary["tables"].values():
        assert table["rows_in"] == table["used"] + sum(item["count"] for item in table["rejected"])


def test_a_new_project_is_the_reference_project(tmp_path: Path) -> None:
    written = init_project(tmp_path / "mine")
    names = {path.relative_to(tmp_path / "mine").as_posix() for path in written}
    assert {"params.yaml", "features/profile.py", "models/conversion.py", "serving/service.py"} <= names
    assert not any("__pycache__" in name for name in names)
    assert (tmp_path / "mine" / "params.yaml").read_bytes() == (
        reference_project() / "params.yaml"
    ).read_bytes()


def test_a_project_is_never_written_over_something(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(InputError, match="the folder is not empty"):
        init_project(tmp_path)
    with pytest.raises(InputError, match="the folder is not empty"):
        init_project(tmp_path / "note.txt")
    (tmp_path / "empty").mkdir()
    assert init_project(tmp_path / "empty")


def test_an_installation_without_the_reference_project_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lead_ml.workflows.init.PARTS", ("nothing-like-this",))
    with pytest.raises(InputError, match="missing from this installation"):
        reference_project()


def test_the_doctor_finds_a_sound_project_sound(trained: Any) -> None:
    found = {item.what: item for item in doctor.examine(trained.root)}
    assert found["project"].ok
    assert "66 features" in found["project"].found or "features" in found["project"].found
    assert found["champion"].found.startswith(trained.run.record.version)
    assert found["feature kernels"].found == "compiled"
    assert found["Python"].ok
    assert found["Python"].found.count(".") == 2
    assert platform.python_version().startswith(found["Python"].found)


def test_the_doctor_says_what_is_wrong_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "MIN_FREE_GIB", 10**9)
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    monkeypatch.setattr(doctor, "EXTRAS", {"no-such-library": "train"})
    found = {item.what: item for item in doctor.examine(tmp_path / "nowhere")}
    assert not found["project"].ok
    assert "params.yaml does not exist" in found["project"].found
    assert not found["champion"].ok
    assert "no version serves yet" in found["champion"].found
    assert not found["free disk"].ok
    assert found["OMP_WAIT_POLICY"].do == ""
    assert found["no-such-library"].found == "not installed (optional: pip install 'lead-ml[train]')"
    monkeypatch.delenv("OMP_WAIT_POLICY")
    found = {item.what: item for item in doctor.examine(tmp_path / "nowhere")}
    assert "PASSIVE" in found["OMP_WAIT_POLICY"].do


def test_a_broken_definition_is_a_finding_not_a_crash(tmp_path: Path) -> None:
    init_project(tmp_path / "p")
    (tmp_path / "p" / "features" / "profile.py").write_text("1 / 0")
    finding = next(item for item in doctor.examine(tmp_path / "p") if item.what == "project")
    assert not finding.ok
    assert "ZeroDivisionError" in finding.found
    with pytest.raises(LeadMLError):
        load(tmp_path / "p")


def test_a_csv_for_sales_runs_no_formula(tmp_path: Path) -> None:
    rows = [
        {"lead_id": "1", "name": "=HYPERLINK(1)", "company": "+86 139", "probability": -0.5, "grade": None}
    ]
    write_table(rows, tmp_path / "leads.csv")
    text = (tmp_path / "leads.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[1] == "1,'=HYPERLINK(1),+86 139,-0.5,"
