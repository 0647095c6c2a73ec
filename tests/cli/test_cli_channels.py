"""`lead-ml channels` over the small world, and its section in the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from lead_ml.workflows.channels import channels_of, save_channels, save_picture, train_channels
from lead_ml.workflows.load import load
from lead_ml.workflows.versions import open_run, write_report


@pytest.fixture(scope="module")
def shared_report(shared: Path) -> Any:
    loaded = load(shared)
    return loaded.project, loaded.dataset, channels_of(loaded.project, loaded.dataset)


def test_channels_are_printed_with_their_counts_and_advice(run: Any, shared: Path, tmp_path: Path) -> None:
    done = run("channels", "-C", shared, "--picture", tmp_path / "channels.svg")
    assert done.exit_code == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert "Channels by source (SYNTHETIC DATA: does not describe a real market)" in text
    assert "Organic search: " in text
    assert "Intervals are 90%." in text
    assert (tmp_path / "channels.svg").read_text(encoding="utf-8").startswith("<svg")


def test_channels_speak_chinese(run: Any, shared: Path, tmp_path: Path) -> None:
    done = run("channels", "-C", shared, "--lang", "zh", "--picture", tmp_path / "channels.svg")
    assert done.exit_code == 0, done.stderr
    assert "自然搜索：" in done.stdout
    assert "自然搜索" in (tmp_path / "channels.svg").read_text(encoding="utf-8")


def test_the_json_is_the_report(json_of: Any, shared: Path, shared_report: Any, tmp_path: Path) -> None:
    found = json_of("channels", "-C", shared, "--picture", tmp_path / "channels.png")
    assert (tmp_path / "channels.png").read_bytes().startswith(b"\x89PNG")
    report = shared_report[2]
    assert found["wins"] == report.wins
    assert [row["name"] for row in found["rows"]] == [row.name for row in report.rows]
    assert found["synthetic"] is True


def test_campaigns_are_compared_too(json_of: Any, shared: Path) -> None:
    found = json_of("channels", "-C", shared, "--by", "campaign", "--weeks", "20")
    assert found["by"] == "campaign"
    assert found["left_out"] > 0
    assert sum(row["leads"] for row in found["rows"]) + found["left_out_leads"] == found["leads"]
    assert (shared / "runs" / "channels-campaign.svg").is_file()


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("sauce", "there is no such lead column: got 'sauce'"),
        ("lead_status", "may be overwritten by people who know the outcome: got 'lead_status'"),
        ("owner", "may be overwritten by people who know the outcome: got 'owner'"),
    ],
)
def test_a_column_that_cannot_be_compared_is_one_clear_error(
    run: Any, shared: Path, by: str, message: str
) -> None:
    done = run("channels", "-C", shared, "--by", by)
    assert done.exit_code == 1
    assert message in " ".join(done.stderr.split())


def test_a_picture_of_another_type_is_refused(run: Any, shared: Path) -> None:
    assert run("channels", "-C", shared, "--picture", "channels.gif").exit_code == 2


def test_a_png_that_could_not_show_its_texts_is_refused(run: Any, shared: Path, tmp_path: Path) -> None:
    done = run("channels", "-C", shared, "--lang", "zh", "--picture", tmp_path / "channels.png")
    assert done.exit_code == 1
    assert "ends in .svg" in " ".join(done.stderr.split())
    assert not (tmp_path / "channels.png").exists()


def test_the_report_of_a_run_has_a_section_with_every_channel(
    shared: Path, shared_report: Any, tmp_path: Path
) -> None:
    run, (_, _, report) = open_run(shared / "runs", "latest"), shared_report
    path = run.folder / "channels.json"
    path.unlink()
    page = write_report(run, tmp_path / "without.html").read_text(encoding="utf-8")
    assert 'id="channels"' not in page
    save_channels(report, path)
    assert json.loads(path.read_bytes())["wins"] == report.wins
    page = write_report(run, tmp_path / "with.html").read_text(encoding="utf-8")
    assert 'id="channels"' in page
    assert "Channels: conversion rate and leads by week" in page
    for row in report.rows:
        assert f"<b>{row.labels['en']}: " in page
        assert f"<b>{row.labels['zh']}：" in page


def test_a_project_without_sources_or_dates_has_no_section_and_says_why(shared_report: Any) -> None:
    from dataclasses import replace

    project, dataset, _ = shared_report
    said: list[str] = []
    without = {name: column for name, column in dataset.leads.columns.items() if name != "source"}
    no_source = replace(dataset, leads=replace(dataset.leads, columns=without))
    assert train_channels(project, no_source, said.append) is None
    assert said == []
    undated = replace(dataset, leads=replace(dataset.leads, created_at=None))
    assert train_channels(project, undated, said.append) is None
    assert said == ["no channel report: leads: channels are compared over time by what became of their leads"]


def test_pictures_are_equal_for_equal_reports(shared_report: Any, tmp_path: Path) -> None:
    first = save_picture(shared_report[2], tmp_path / "a.svg").read_bytes()
    assert save_picture(shared_report[2], tmp_path / "b.svg").read_bytes() == first


def test_a_target_without_dates_is_one_clear_error(run: Any, tmp_path: Path) -> None:
    from small import COLUMN, draw, write_project

    project = write_project(tmp_path, COLUMN)
    with pytest.raises(Exception, match="a column without dates: got 'converted'"):
        channels_of(project, draw(column=True))
    assert yaml.safe_load((tmp_path / "params.yaml").read_text(encoding="utf-8"))["project"] == "small"
