"""The audit on public data: bank's call length is found whatever it is called, CDNOW's honest recency is not."""

import csv
import datetime
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lead_ml.declare import MICROSECONDS_PER_DAY, events, validated
from lead_ml.evaluation.leakage import audit
from lead_ml.project.params import params_from
from lead_ml.project.targets import Column, ModelSpec
from lead_ml.project.task import Task
from lead_ml.tables.dataset import Coded, Dataset, Events, Leads
from lead_ml.workflows.audit import audit_target
from lead_ml.workflows.load import load

ROOT = Path(__file__).parents[2]
DAY = MICROSECONDS_PER_DAY
EPOCH = datetime.date(1970, 1, 1)
BOUGHT = ModelSpec(name="conversion", target=Column(column="bought"), groups=("engagement",))
SNAPSHOTS = (datetime.date(1997, 10, 1), datetime.date(1998, 1, 1))
pytestmark = [pytest.mark.data, pytest.mark.slow]


def anonymous(dataset, seed, *, dated=True):
    """Columns called c1 to c16 in any order, rows in any order; also the new name of the call's length."""
    rng = np.random.default_rng(seed)
    old = [name for name in dataset.leads.columns if name != "y"]
    order, rows = rng.permutation(len(old)), rng.permutation(len(dataset.leads))
    names = {f"c{k + 1}": old[place] for k, place in enumerate(order)}
    columns = {new: dataset.leads.columns[name].take(rows) for new, name in names.items()}
    columns["y"] = dataset.leads.columns["y"].take(rows)
    created = dataset.leads.created_at[rows] if dated else None
    leads = Leads(tuple(f"L{k}" for k in range(len(rows))), created, columns)
    until = dataset.until if dated else 0
    return Dataset(leads, until=until), next(new for new, name in names.items() if name == "duration")


@pytest.mark.parametrize(("seed", "dated"), [(0, True), (1, False)])
def test_banks_call_length_is_named_whatever_the_columns_are_called_and_no_other(bank, seed, dated):
    dataset, culprit = anonymous(bank.dataset, seed, dated=dated)
    params = bank.project.params.model_copy(update={"known_at": {}, "trust": ()})
    report = audit(dataset, Task.of(bank.project.specs["conversion"], params))
    assert report.flagged == report.leaks == (culprit,)
    assert {found.subject for found in report.findings if found.verdict != "clear"} == {culprit}
    assert report.honest.random_auc.value == pytest.approx(0.79, abs=0.015)
    assert report.leaky.random_auc.value == pytest.approx(0.93, abs=0.015)
    if dated:
        assert report.honest.forward_auc.value == pytest.approx(0.61, abs=0.04)
        assert report.leaky.forward_auc.value > report.honest.forward_auc.value + 0.08


def test_bank_under_its_own_names_accuses_the_call_length_alone(bank):
    assert audit_target(bank.project, bank.dataset).flagged == ("duration",)


def test_a_word_for_banks_call_length_makes_it_a_suspect_still(bank):
    known = {**bank.project.params.known_at, "duration": "creation"}
    project = replace(bank.project, params=bank.project.params.model_copy(update={"known_at": known}))
    (found,) = audit_target(project, bank.dataset).of("strength", "duration")
    assert found.verdict == "suspect"


def test_every_column_of_olists_deals_is_a_leak_though_they_are_thirteen_against_two(public_data, tmp_path):
    """Joined to the leads they are filled for winners only; contact page and source stay clear."""
    root = shutil.copytree(ROOT / "examples" / "olist", tmp_path / "project")
    olist = load(root, public_data / "olist_funnel")
    alone = audit_target(olist.project, olist.dataset)
    assert not [found for found in alone.findings if found.verdict != "clear"]
    with (public_data / "olist_funnel" / "olist_closed_deals_dataset.csv").open(encoding="utf-8") as file:
        deals = {row.pop("mql_id"): row for row in csv.DictReader(file)}
    names = list(next(iter(deals.values())))
    joined = {
        name: Coded.of([deals.get(lead, {}).get(name) or None for lead in olist.dataset.leads.lead_id])
        for name in names
    }
    leads = replace(olist.dataset.leads, columns={**olist.dataset.leads.columns, **joined})
    report = audit_target(olist.project, replace(olist.dataset, leads=leads))
    assert report.leaks == tuple(sorted(names))
    assert report.honest.random_auc == alone.honest.random_auc


@pytest.fixture(scope="module")
def purchases(public_data):
    """Customer, day since 1970 and value of every purchase."""
    path = public_data / "cdnow" / "CDNOW_master.txt"
    rows = [
        line.split()
        for line in path.read_text().splitlines()
        if line.split()[:1] and line.split()[0].isdigit()
    ]
    dates = [datetime.date(int(row[1][:4]), int(row[1][4:6]), int(row[1][6:])) for row in rows]
    return (
        np.array([int(row[0]) for row in rows]) - 1,
        np.array([(date - EPOCH).days for date in dates]),
        np.array([float(row[3]) for row in rows]),
    )


def cdnow(purchases, snapshot):
    """Everybody who bought before a day, asked about on that day; purchases are dated events."""
    customer, day, value = purchases
    asked = (snapshot - EPOCH).days
    people = customer.max() + 1
    bought = np.isin(np.arange(people), customer[(day >= asked) & (day < asked + 90)])
    here = np.flatnonzero(np.isin(np.arange(people), customer[day < asked]))
    place = np.full(people, -1)
    place[here] = np.arange(len(here))
    kept = np.flatnonzero(place[customer] >= 0)
    kept = kept[np.argsort(day[kept], kind="stable")]
    at = day[kept] * DAY
    stream = Events(place[customer[kept]], at, at, {"type": Coded.of(["purchase"] * len(kept))}, value[kept])
    leads = Leads(
        tuple(f"C{number:05d}" for number in here),
        np.full(len(here), asked * DAY),
        {"bought": Coded.of(["yes" if yes else "no" for yes in bought[here]])},
    )
    return Dataset(leads, stream, None, (asked + 91) * DAY)


def words(**more):
    return {"en": "x", "zh": "x", "group": "engagement", **more}


@pytest.mark.parametrize("snapshot", SNAPSHOTS)
def test_cdnows_recency_is_cleared_by_its_dates(purchases, snapshot):
    declared = validated(
        [
            events(type="purchase").days_since_last("recency", **words()),
            events(type="purchase").count("purchases", **words()),
            events(type="purchase").sum("spent", "value", **words()),
        ]
    )
    report = audit(cdnow(purchases, snapshot), Task.of(BOUGHT, params()), declared)
    (recency,) = report.of("strength", "recency")
    assert recency.verdict == "clear"
    assert recency.evidence["auc_alone"] > (0.78 if snapshot.year == 1998 else 0.75)
    assert not [found for found in report.findings if found.verdict != "clear"]


@pytest.mark.parametrize("snapshot", SNAPSHOTS)
def test_cdnows_recency_is_no_outlier_even_as_a_bare_column(purchases, snapshot):
    """Nobody vouches for it and no date proves it: frequency and value tell nearly the same."""
    customer, day, value = purchases
    dataset = cdnow(purchases, snapshot)
    before = day < (snapshot - EPOCH).days
    who = np.array([int(name[1:]) for name in dataset.leads.lead_id])
    last = np.zeros(customer.max() + 1)
    np.maximum.at(last, customer[before], day[before])
    count, spent = (
        np.bincount(customer[before], w, len(last)) for w in (np.ones(before.sum()), value[before])
    )
    table = {
        "recency": (snapshot - EPOCH).days - last,
        "frequency": count,
        "spent": spent,
        "mean_value": spent / np.maximum(count, 1),
    }
    columns = {name: Coded.of([f"{x:g}" for x in values[who]]) for name, values in table.items()}
    leads = replace(dataset.leads, columns={**dataset.leads.columns, **columns})
    report = audit(replace(dataset, leads=leads, events=None), Task.of(BOUGHT, params()))
    assert report.flagged == ()
    assert report.of("strength", "recency")[0].evidence["auc_alone"] > 0.75


def params():
    return params_from({"project": "cdnow", "data": {"leads": {"path": "leads.csv"}}})


@pytest.mark.parametrize("declared", [False, True], ids=["unknown", "creation"])
def test_online_shoppers_page_values_are_named_and_nothing_else(public_data, declared):
    """``PageValues`` is computed from the transactions; the file has neither dates nor ids."""
    path = public_data / "online_shoppers" / "online_shoppers_intention.csv"
    if not path.is_file():
        pytest.skip("the folder of public data has no online shoppers")
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = {name: Coded.of([row[name] or None for row in rows]) for name in rows[0]}
    leads = Leads(tuple(f"L{k}" for k in range(len(rows))), None, columns)
    known_at = dict.fromkeys(columns, "creation") if declared else {}
    settings = {"project": "shop", "data": {"leads": {"path": "leads.csv"}}, "known_at": known_at}
    spec = ModelSpec(name="conversion", target=Column(column="Revenue"), groups=("fit",))
    report = audit(Dataset(leads), Task.of(spec, params_from(settings)))
    assert report.flagged == ("PageValues",)
    assert not report.suspect
    assert report.honest.random_auc.value == pytest.approx(0.78, abs=0.02)
    assert report.leaky.random_auc.value == pytest.approx(0.93, abs=0.02)
