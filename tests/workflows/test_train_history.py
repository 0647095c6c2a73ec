"""Training and serving with columns and keys that change, and with third-party data: from files to a request."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asked import ALL_REASONS, contributions, request_of, written
from small import DAY, WON, draw, write_project
from typer.testing import CliRunner

from lead_ml.asof.join import features_at
from lead_ml.asof.kernel import column_at
from lead_ml.asof.labels import Spine, open_leads
from lead_ml.cli.app import app
from lead_ml.declare import category
from lead_ml.errors import BundleError
from lead_ml.registry.runs import Run
from lead_ml.scoring import Scorer, prepare
from lead_ml.scoring.extra_file import extra_from_arrays, extra_to_arrays
from lead_ml.tables.dataset import Dataset
from lead_ml.workflows.load import Loaded, load
from lead_ml.workflows.train import train
from lead_ml.workflows.training import usable_features

FEATURES = """
from lead_ml import category, events, lead_age, leads, number
GROUP = "fit"
FEATURES = [
    category("source", en="Source", zh="来源"),
    number("size", en="Size", zh="规模"),
    number("firms.employees", en="Employees", zh="员工人数"),
    category("firms.sector", en="Sector", zh="行业"),
    events(by="account_id").count("account_views", en="Views of the account", zh="客户浏览"),
    events(by="account_id").decayed_sum("account_recent", half_life="7d", en="Recent views", zh="近期浏览"),
    leads(by="account_id").count("account_leads", en="Leads of the account", zh="客户线索数"),
    lead_age(),
]
"""
PARAMS = {
    "known_at": {"size": "history", "account_id": "history"},
    "data": {
        "leads": {"path": "leads.csv"},
        "events": {"path": "events.csv"},
        "outcomes": {"path": "outcomes.csv"},
        "lead_history": {"path": "changes.csv"},
        "extra": {"firms": {"path": "firms.csv", "key": "account_id"}},
    },
}
ACCOUNTS = [f"A{k:02d}" for k in range(40)]


def write_csv(path: Path, header: str, rows: Any) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])


def write_world(root: Path) -> None:
    """Write a project in which sizes and accounts change, and firms are described again and again."""
    rng = np.random.default_rng(3)
    data = draw()
    assert data.leads.created_at is not None
    assert data.events is not None
    assert data.outcomes is not None
    (root / "features").mkdir(parents=True)
    ids, created = data.leads.lead_id, data.leads.created_at
    sources, sizes = (data.leads.columns[name].values() for name in ("source", "size"))
    write_csv(
        root / "leads.csv",
        "lead_id,created_at,source",
        zip(ids, map(written, created), sources, strict=True),
    )
    for name, table in (("events", data.events), ("outcomes", data.outcomes)):
        what = table.columns["type" if name == "events" else "stage"].values()
        rows = zip([ids[k] for k in table.lead], map(written, table.occurred_at), what, strict=True)
        write_csv(
            root / f"{name}.csv", f"lead_id,occurred_at,{'type' if name == 'events' else 'stage'}", rows
        )
    changes = []
    for k, (lead, born) in enumerate(zip(ids, created.tolist(), strict=True)):
        changes.append((lead, written(born), "size", sizes[k]))
        for _ in range(rng.integers(0, 3)):
            at = written(born + int(rng.integers(0, 30 * 24)) * DAY // 24)
            changes.append((lead, at, "size", str(rng.integers(1, 100))))
            changes.append((lead, at, "account_id", str(rng.choice(["", *ACCOUNTS]))))
    until = written(data.until - 1)
    inside = [row for row in changes if row[1] < until]
    write_csv(root / "changes.csv", "lead_id,changed_at,field,value", inside)
    firms = [
        (account, written(int(created[0]) + int(rng.integers(0, 220)) * DAY), rng.integers(5, 500), sector)
        for account in ACCOUNTS[5:]
        for sector in ("steel", "retail", "")
    ]
    write_csv(root / "firms.csv", "account_id,known_at,employees,sector", firms)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("changing")
    write_world(root)
    write_project(root, WON.replace(', monotone={"views": 1}', ""), **PARAMS)
    (root / "features" / "all.py").write_text(FEATURES, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def loaded(project: Path) -> Loaded:
    return load(project)


@pytest.fixture(scope="module")
def run(loaded: Loaded) -> Run:
    return train(loaded.project, loaded.dataset)


def test_features_of_columns_with_history_and_of_extra_tables_are_used(loaded: Loaded) -> None:
    declarations, left_out = usable_features(loaded.project, loaded.dataset)
    assert left_out == ()
    assert {"size", "firms_employees", "firms_sector", "account_views"} <= {
        item.name for item in declarations
    }


def test_an_extra_table_by_a_column_that_is_overwritten_stays_out(loaded: Loaded) -> None:
    params = loaded.project.params.model_copy(
        update={"known_at": {"size": "history", "account_id": "current"}}
    )
    project = replace(loaded.project, params=params)
    _, left_out = usable_features(project, loaded.dataset)
    assert set(left_out) >= {"firms_employees", "firms_sector", "account_views"}


def test_rows_of_the_same_lead_differ_with_what_stood_then(loaded: Loaded) -> None:
    lead = np.repeat(np.arange(len(loaded.dataset.leads)), 2)
    assert loaded.dataset.leads.created_at is not None
    as_of = loaded.dataset.leads.created_at[lead] + np.tile(np.array([1, 40]) * DAY, len(lead) // 2)
    sizes = features_at([loaded.project.declarations[1]], loaded.dataset, Spine(lead, as_of))["size"]
    assert isinstance(sizes, np.ndarray)
    assert (sizes[::2] != sizes[1::2]).mean() > 0.3


@pytest.mark.parametrize("candidate", ["scorecard", "logistic", "lightgbm"])
def test_a_request_with_the_values_of_now_equals_the_batch_at_the_end_of_the_data(
    loaded: Loaded, run: Run, candidate: str
) -> None:
    dataset = loaded.dataset
    if run.record.candidates["conversion"] != candidate:
        run = train(loaded.project, dataset, candidates=[candidate])  # type: ignore[list-item]
    scorer = Scorer.load(run.bundle)
    assert scorer.bundle.schema.columns == ("account_id", "size", "source")
    spine = open_leads(dataset, dataset.until)
    assert len(spine) > 100
    answers = scorer.score_dataset(dataset, spine, top=ALL_REASONS)
    for lead, answer in zip(spine.lead, answers, strict=True):
        request = request_of(dataset, int(lead), dataset.until)
        (found,) = scorer.score_prepared([prepare(request, scorer.bundle.schema, dataset.until)])
        assert found.probability == answer.probability
        assert contributions(found) == contributions(answer)


def test_what_the_request_says_of_a_column_counts(loaded: Loaded, run: Run) -> None:
    scorer = Scorer.load(run.bundle)
    request = request_of(loaded.dataset, 0, loaded.dataset.until)
    probabilities = set()
    for account in ("A00", "A07", None):
        told = prepare(
            type(request)(lead={**request.lead, "account_id": account}, as_of=request.as_of),
            scorer.bundle.schema,
            loaded.dataset.until,
        )
        raw = scorer._features(told)
        assert np.isnan(raw["firms_employees"][0]) == (account != "A07")  # type: ignore[index]
        probabilities.add(np.isnan(raw["account_views"][0]))  # type: ignore[index]
    assert probabilities == {np.True_, np.False_}


def test_a_request_before_the_data_of_a_firm_was_known_does_not_see_it(loaded: Loaded, run: Run) -> None:
    scorer = Scorer.load(run.bundle)
    firms = scorer.bundle.extra["firms"]
    latest = int(np.argmax(firms.rows.at))
    when = int(firms.rows.at[latest])
    assert loaded.dataset.leads.created_at is not None
    lead = {"lead_id": "new", "created_at": written(int(loaded.dataset.leads.created_at[0]))}
    lead |= {"account_id": firms.keys[latest]}
    schema = replace(scorer.bundle.schema, known_from=None)  # the row is older than the end of the data
    seen = [
        scorer._features(prepare(_request(lead, as_of), schema, as_of))["firms_employees"][0]
        for as_of in (when, when + 1)
    ]
    assert np.isnan(seen[0])
    assert not np.isnan(seen[1])


def _request(lead: dict[str, Any], as_of: int) -> Any:
    from lead_ml.scoring import ScoreRequest

    return ScoreRequest(lead=lead, as_of=written(as_of))


def test_training_again_gives_the_same_bytes_whatever_the_order_of_changes(
    loaded: Loaded, run: Run, project: Path, tmp_path: Path
) -> None:
    for name in ("leads", "events", "outcomes", "changes", "firms"):
        lines = (project / f"{name}.csv").read_text().splitlines(keepends=True)
        if name in ("changes", "firms"):
            lines[1:] = lines[:0:-1]
        (tmp_path / f"{name}.csv").write_text("".join(lines))
    again = load(project, tmp_path)
    assert again.dataset.digests == loaded.dataset.digests
    other = train(again.project, again.dataset)
    assert other.record.version == run.record.version


def test_check_shows_the_changes_and_the_extra_table(project: Path) -> None:
    done = CliRunner().invoke(app, ["check", "--project", str(project)], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    for text in ("lead_history", "extra.firms", "history: value as of"):
        assert text in done.output


def test_damaged_third_party_data_is_refused(run: Run) -> None:
    arrays = extra_to_arrays(Scorer.load(run.bundle).bundle.extra["firms"])
    for name in ("owner", "at", "codes_0", "keys_ends"):
        with pytest.raises(BundleError, match="third-party data of the bundle"):
            extra_from_arrays({**arrays, name: arrays[name][:-1]})
    with pytest.raises(BundleError, match="cannot be read: KeyError"):
        extra_from_arrays({name: array for name, array in arrays.items() if name != "at"})


def test_undeclared_history_is_not_read_as_it_stood(loaded: Loaded) -> None:
    data: Dataset = replace(loaded.dataset, history={})
    lead, as_of = np.arange(3), np.full(3, loaded.dataset.until)
    now = column_at(data, "size", lead, as_of).values()
    assert now == column_at(loaded.dataset, "size", lead, as_of).values()
    declared = category("firms.sector", en="x", zh="x", group="fit")
    assert declared.name == "firms_sector"
