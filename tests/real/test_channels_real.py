"""Olist: conversion by origin of ripe contacts, with shrunk intervals."""

import shutil
from pathlib import Path

import pytest

from lead_ml.workflows.channels import channels_of
from lead_ml.workflows.load import load

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.fixture(scope="module")
def report(public_data, tmp_path_factory):
    root = tmp_path_factory.mktemp("olist") / "project"
    shutil.copytree(ROOT / "examples" / "olist", root)
    loaded = load(root, public_data / "olist_funnel")
    return channels_of(loaded.project, loaded.dataset)


def test_all_contacts_of_2018_are_ripe_at_the_end_of_the_data(report):
    assert (report.since, report.ripe_until) == ("2018-01-01", "2018-06-04")
    assert report.leads == report.ripe == 5_998
    assert report.wins == 544


def test_every_origin_has_a_shrunk_rate_with_an_interval(report):
    overall = report.wins / report.ripe
    for row in report.rows:
        found = row.conversion
        raw = found.reached / found.leads
        assert found.share.lower < found.share.value < found.share.upper
        assert min(raw, overall) - 0.005 <= found.share.value <= max(raw, overall) + 0.005
        assert found.share.lower - 0.01 <= raw <= found.share.upper + 0.01
    few = next(row for row in report.rows if row.name == "other publicities")
    assert few.conversion.reached == 0
    assert few.conversion.share.value > 0.01


def test_advice_follows_the_evidence(report):
    verbs = {row.name: row.advice.verb for row in report.rows}
    assert verbs["unknown"] == "scale"
    assert verbs["social"] == "pause"
    assert verbs["other publicities"] == "too_few"
    assert verbs["organic search"] == "keep"


def test_nothing_is_said_of_costs_fakes_or_stages_that_the_data_does_not_have(report):
    for row in report.rows:
        assert (row.money, row.fakes, row.duplicates, row.stages) == (None, None, None, {})
