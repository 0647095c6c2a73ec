"""Bundles hold no personal data: keys that many leads share are pseudonyms, which only the key of the project makes."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lead_ml.asof.kernel import (
    HistorySnapshot,
    aggregate,
    compile_plans,
    found_by_pseudonyms,
    take_snapshot,
    under_pseudonyms,
)
from lead_ml.clean import normal_email, normal_phone
from lead_ml.declare import leads
from lead_ml.errors import BundleError, ParamsError
from lead_ml.project.secret_key import NAME, VARIABLE, SecretKey, secret_key
from lead_ml.scoring import Scorer, load_bundle
from lead_ml.tables.changes import Changes, Extra
from lead_ml.tables.dataset import Coded, Dataset, Leads

KEY = SecretKey(bytes(range(32)))
DAY = 86_400_000_000
PERSONAL = ("name", "email", "phone", "ip")
WORDS = {"en": "Leads", "zh": "线索", "group": "authenticity"}


@pytest.fixture
def copy(trained: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere" / "bundle"
    shutil.copytree(trained.bundle, folder)
    return folder


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process that has used no key, started where there is none."""
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr("lead_ml.project.secret_key._used", {})
    monkeypatch.chdir(tmp_path)
    return


def contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if path.suffix != ".npz":
            yield path, data
            continue
        with ZipFile(BytesIO(data)) as file:
            yield from ((path / name, file.read(name)) for name in file.namelist())


def test_a_bundle_holds_no_contact_of_any_lead(trained: Any) -> None:
    columns = trained.dataset.leads.columns
    texts = {text for role in PERSONAL for text in columns[role].values() if text}
    texts |= {normal_phone(text) for text in columns["phone"].values() if text}
    texts |= {normal_email(text) for text in columns["email"].values() if text}
    wanted = {
        text.encode() for text in texts if text and len(text) >= 7 and not set(text) <= set("0123456789")
    }
    assert len(wanted) > 1_000
    whole = b"\n".join(data for _, data in contents(trained.bundle))
    assert [text for text in wanted if text in whole] == []


def test_shared_keys_are_found_by_their_pseudonyms(trained: Any) -> None:
    bundle, _ = load_bundle(trained.bundle)
    plans = {plan.name: plan for plan in compile_plans(bundle.declarations)}
    checked = set()
    for name, snapshot in bundle.reference.items():
        plain = take_snapshot(plans[name], trained.dataset, trained.dataset.until)
        assert len(plain.keys) == len(snapshot.keys)
        for key in plain.keys[:50]:
            place, there = snapshot.place(key), plain.place(key)
            assert np.array_equal(snapshot.base.whole[place], plain.base.whole[there])
            assert (
                snapshot.offsets[place + 1] - snapshot.offsets[place]
                == plain.offsets[there + 1] - plain.offsets[there]
            )
        if snapshot.personal_key:
            checked.add(plans[name].key)
            assert not set(plain.keys) & set(snapshot.keys)
            assert list(snapshot.keys) == sorted(snapshot.keys)
    assert {"ip", "phone:normal_phone"} <= checked


def few(texts: list[str | None], accounts: list[str | None]) -> Dataset:
    at = np.arange(len(texts), dtype=np.int64) * DAY
    return Dataset(
        Leads(
            tuple(f"L{k}" for k in range(len(texts))),
            at,
            {"phone": Coded.of(texts), "account_id": Coded.of(accounts)},
        ),
        until=len(texts) * DAY,
    )


cells = st.none() | st.sampled_from(["+861390", "+861391", "+4930", "x", ""])


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=12), cells, cells)
@settings(deadline=None)
def test_a_request_gets_the_same_answer_with_pseudonyms(
    rows: list[tuple[str | None, str | None]], phone: str | None, account: str | None
) -> None:
    """Keys, and values that a feature distinguishes, count as they would in clear."""
    plans = compile_plans(
        [
            leads(by="phone").count("same_phone", **WORDS),
            leads(by="phone").count("same_phone_3d", window="3d", **WORDS),
            leads(by="account_id").distinct("phones", of="phone", **WORDS),
        ]
    )
    history, end = few([row[0] for row in rows], [row[1] for row in rows]), len(rows) * DAY
    request = few([phone], [account])
    request = replace(request, leads=replace(request.leads, created_at=np.array([end])))
    for plan in plans:
        plain = replace(take_snapshot(plan, history, end), anchored=True)
        hidden = under_pseudonyms(plan, plain, PERSONAL, KEY.pseudonym)
        stored = HistorySnapshot.from_arrays(plan, hidden.to_arrays())
        read = replace(found_by_pseudonyms(plan, stored, PERSONAL, KEY.pseudonym), anchored=True)
        lead, as_of = np.array([0]), np.array([end + 1])
        expected = aggregate(plan, request, lead, as_of, plain)
        for snapshot in (hidden, read):
            assert np.array_equal(aggregate(plan, request, lead, as_of, snapshot), expected, equal_nan=True)


def test_rows_of_an_extra_table_are_found_by_pseudonyms() -> None:
    rows = Changes(np.arange(3), np.array([1, 2, 3]), {"tier": Coded.of(["gold", None, "tin"])})
    plain = Extra("email", ("a@b.co", "c@d.co", "e@f.co"), rows)
    hidden = plain.under_pseudonyms(KEY.pseudonym)
    asked = Coded.of(["e@f.co", "x@y.co", "a@b.co", None])
    values = [
        table.rows.columns["tier"].take(table.owners(asked)[[0, 2]]).values() for table in (plain, hidden)
    ]
    assert values == [["tin", "gold"]] * 2
    assert hidden.owners(asked)[[1, 3]].tolist() == [-1, -1]
    assert not set(plain.keys) & set(hidden.keys)


@pytest.mark.usefixtures("no_key")
def test_without_its_key_a_bundle_is_not_read(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        BundleError, match="holds pseudonyms, and the key that they were made with is not here"
    ):
        Scorer.load(copy)
    monkeypatch.setenv(VARIABLE, "ab" * 32)
    with pytest.raises(BundleError, match="is not here"):
        Scorer.load(copy)
    (copy.parent.parent / NAME).write_text("5e" * 32)
    assert Scorer.load(copy).bundle.key_id == SecretKey(bytes.fromhex("5e" * 32)).id


@pytest.mark.usefixtures("no_key")
def test_the_key_is_made_once_and_is_for_its_owner(tmp_path: Path) -> None:
    first = secret_key(tmp_path / "runs")
    path = tmp_path / "runs" / NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_key(tmp_path / "runs") == first
    assert [each.name for each in path.parent.iterdir()] == [NAME]
    assert first.secret.hex() not in repr(first)
    assert secret_key(tmp_path / "others") != first


@pytest.mark.usefixtures("no_key")
@pytest.mark.parametrize("text", ["short", "zz" * 32, "5e" * 31, "\ufeff" + "5e" * 32])
def test_what_is_no_key_is_refused_and_not_shown(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(ParamsError, match="the key in LEAD_ML_PSEUDONYM_KEY cannot be used") as caught:
        secret_key(tmp_path)
    assert text not in str(caught.value)
