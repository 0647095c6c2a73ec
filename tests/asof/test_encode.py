"""Code books: stable integers, rare people unheard, and a model that knows what *other* means."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_ml.asof.encode import (
    FIRST_LEVEL,
    MISSING,
    OTHER,
    RARE_BELOW,
    CodeBook,
    Encoder,
    fit_encoder,
    fit_matrix,
)
from lead_ml.asof.matrix import RowsOf
from lead_ml.declare import category, number
from lead_ml.tables.dataset import Coded

DECLARED = [category("source", en="x", zh="x", group="fit"), number("size", en="x", zh="x", group="fit")]


def raw_of(values: list[str | None]) -> dict:
    return {"source": Coded.of(values), "size": np.arange(len(values), dtype=np.float64)}


def fitted(values: list[str | None], lead: list[int] | None = None, **options) -> Encoder:
    of_lead = np.arange(len(values)) if lead is None else np.array(lead)
    return fit_encoder(DECLARED, raw_of(values), of_lead, **options)


def test_levels_are_numbered_in_alphabetical_order_after_missing_and_other() -> None:
    encoder = fitted(["web"] * 10 + ["ads"] * 12 + [None] * 3)
    assert encoder.categories["source"].levels == ("ads", "web")
    X = encoder.transform(raw_of(["web", "ads", None, "never seen"]))
    assert X[:, 0].tolist() == [FIRST_LEVEL + 1, FIRST_LEVEL, MISSING, OTHER]
    assert X[:, 1].tolist() == [0, 1, 2, 3]
    assert X.dtype == np.float64
    assert X.flags.c_contiguous


def test_a_value_of_fewer_than_ten_leads_is_other_and_its_text_is_not_kept() -> None:
    encoder = fitted(["web"] * RARE_BELOW + ["Zhang San"] * (RARE_BELOW - 1))
    assert encoder.categories["source"].levels == ("web",)
    assert "Zhang" not in msgspec.json.encode(encoder).decode()


def test_a_value_counts_once_per_lead() -> None:
    assert fitted(["web"] * 30, [k // 10 for k in range(30)]).categories["source"].levels == ()


def test_values_that_the_project_names_have_a_code_however_rare() -> None:
    encoder = fitted(["web"] * 10, named={"source": frozenset({"fair"})})
    assert encoder.categories["source"].levels == ("fair", "web")


def test_codes_and_levels_are_inverse() -> None:
    book = CodeBook(("ads", "web"))
    assert book.n_codes == 4
    assert [book.code_of(value) for value in (None, "other?", "ads", "web")] == [0, 1, 2, 3]
    assert [book.level_of(code) for code in range(4)] == [None, None, "ads", "web"]


def test_no_features_give_an_empty_matrix() -> None:
    assert Encoder((), {}).transform({}).shape == (0, 0)


@given(
    st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=60),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_and_levels_changes_no_code(values, random) -> None:
    encoder = fitted(values)
    order = list(range(len(values)))
    random.shuffle(order)
    other = fitted([values[k] for k in order])
    assert other.categories == encoder.categories
    assert (
        encoder.transform(raw_of(values))[order, 0].tolist()
        == other.transform(raw_of([values[k] for k in order]))[:, 0].tolist()
    )


def test_one_row_is_encoded_as_in_a_batch() -> None:
    values = ["web", None, "ads", "odd"] * 12
    encoder = fitted(values)
    whole = encoder.transform(raw_of(values))
    for k, value in enumerate(values[:8]):
        alone = encoder.transform({"source": Coded.of([value]), "size": np.array([float(k)])})
        assert alone[0].tolist() == whole[k].tolist()


def test_all_rows_of_a_hidden_lead_show_other_and_missing_stays_missing() -> None:
    values = ["web", None] * 1_000
    lead = np.repeat(np.arange(500), 4)
    encoder = fitted(values, lead.tolist())
    X = encoder.transform(raw_of(values))

    def shown(seed: int) -> np.ndarray:
        rows = RowsOf(raw_of(values), np.arange(len(values)))
        return np.asarray(fit_matrix(encoder, rows, lead, seed))

    hidden = shown(1)
    assert X[0, 0] == FIRST_LEVEL
    changed = hidden != X
    assert not changed[:, 1].any()
    assert (hidden[changed[:, 0], 0] == OTHER).all()
    assert (hidden[X[:, 0] == MISSING, 0] == MISSING).all()
    per_lead = changed[:, 0].reshape(500, 4).sum(axis=1)
    assert set(per_lead.tolist()) == {0, 2}
    assert (per_lead > 0).mean() == pytest.approx(0.05, abs=0.03)
    assert (shown(1) == hidden).all()
    assert (shown(2) != hidden).any()
