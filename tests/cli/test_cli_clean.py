"""``lead-ml clean`` on a plain file: its tables in both languages, its JSON, its errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

LEADS = "lead_id,created_at,source,name,email,phone,country\n1,2024-01-02,web,Li Na,li@gmial.com,138 0571 2233,China\n2,2024-02-03,fair,test,x,1,Narnia\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "crm.csv"
    path.write_text(LEADS, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", ("filled", "email", "phone_e164", "1 email address has", "readable by you only")), ("zh", ("填写率", "邮箱", "有效率", "仅本人可读"))],
)  # fmt: skip
def test_it_prints_the_report_in_both_languages(
    run: Any, file: Path, lang: str, said: tuple[str, ...]
) -> None:
    done = run("clean", file, "--lang", lang)
    assert done.exit_code == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert all(words in text for words in said)
    assert "clean." not in text.replace("crm_clean.csv", "")


def test_json_has_every_count(json_of: Any, file: Path) -> None:
    report = json_of("clean", file)
    email = next(column for column in report["columns"] if column["role"] == "email")
    assert (email["filled"], email["valid"], email["changed"]) == (2, 1, 0)
    assert [part["name"] for part in report["by_month"]] == ["2024-01", "2024-02"]
    assert report["written"].endswith("crm_clean.csv")


def test_a_missing_file_is_one_error(run: Any, tmp_path: Path) -> None:
    done = run("clean", tmp_path / "none.csv")
    assert done.exit_code == 1
    assert "there is no such file" in done.stderr


def test_leads_without_contacts_show_what_they_have(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "crm.csv"
    path.write_text("lead_id,created_at,source\n1,2024-01-02,web\n2,2024-02-30,web\n", encoding="utf-8")
    done = run("clean", path)
    assert done.exit_code == 0, done.stderr
    assert "source leads created" in " ".join(done.stdout.split())
    assert "50%" in done.stdout
