"""The same person, phone or account on both sides of a split, known to the split or not.

The splits of lead-ml keep leads with the same phone, e-mail or account together (:func:`lead_ml.evaluation.split.groups_of`). This check
proves it on the data, and looks for what that cannot see: another column by which persons come back. A key that comes back is
no problem in itself; it makes figures optimistic where its outcomes are alike *beyond* what the columns explain, as copies of a
lead are. So the measure is the correlation, between leads of one key, of outcome minus honest probability: some split puts any
two of them on different sides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lead_ml.asof.labels import Mask
from lead_ml.clean import as_number, normal_email, normal_phone
from lead_ml.evaluation.leakage.measure import Information
from lead_ml.evaluation.leakage.records import LeakageFinding, LeakageVerdict
from lead_ml.evaluation.leakage.sample import AuditSample
from lead_ml.tables.dataset import Coded, Floats, Indices

GUARDED = ("phone", "email", "account_id")
COMPOSITE = ("name", "company")
FEWEST_TWINS = 30
FEW_PER_KEY = 5.0  # leads per value, on average over leads: more is a category, not a person
# Correlation beyond which leads of one key are copies rather than alike: people of the generated worlds who come back share
# their fit and half of their intent, and reach .06.
ALIKE = 0.2
SURE = 3.0
FEWEST_TOGETHER = 8  # keys with two leads of the rarer class: fewer are luck, whatever the correlation


@dataclass(frozen=True)
class Sides:
    """A split: masks over the rows of the sample, and whether it is in use or just one that anybody would make."""

    fit: Mask
    test: Mask
    in_use: bool


def sides_of(sample: AuditSample) -> Sides:
    """Cut as everybody does: the latest leads, or a random part of undated ones, whoever they are."""
    created = sample.created_at
    place = np.random.default_rng(sample.seed).random(len(sample)) if created is None else created
    test = np.asarray(place >= np.quantile(place, 1 - sample.task.common.split.test_share))
    return Sides(~test, test, in_use=False)


def person_findings(
    sample: AuditSample, honest: Information, sides: Sides | None = None
) -> list[LeakageFinding]:
    """Look at every key by which a person may come back; without `sides`, in the split of lead-ml.

    ``honest`` is the information of the columns within the honest range together.
    """
    cut = sides or sides_of(sample)
    residual = sample.y - honest.p
    findings = [_finding(sample, name, key, cut, residual) for name, key in _keys(sample)]
    return [found for found in findings if found is not None]


def _keys(sample: AuditSample) -> Iterator[tuple[str, Indices]]:
    """Yield the name and the codes (rows,) of every column, or pair of columns, that may be a person's; -1 is none."""
    clean = {"phone": normal_phone, "email": normal_email}
    for name in sample.columns:
        column = sample.raw(name)
        key = column.map(clean.get(name, str.casefold)).codes.astype(np.int64)
        if name in GUARDED or (_like_a_key(key) and not _amounts(column)):
            yield name, key
    if all(name in sample.columns for name in COMPOSITE):
        first, second = (sample.raw(name).map(str.casefold) for name in COMPOSITE)
        both = first.codes.astype(np.int64) * (len(second.levels) + 1) + second.codes
        yield " + ".join(COMPOSITE), np.where((first.codes >= 0) & (second.codes >= 0), both, -1)


def _like_a_key(key: Indices) -> bool:
    counts = np.bincount(key[key >= 0])
    leads = counts.sum()
    return bool(leads) and float((counts**2).sum()) / float(leads) <= FEW_PER_KEY and int(counts.max()) > 1


def _amounts(column: Coded) -> bool:
    """Tell whether a column holds numbers with decimals, which name nobody."""
    numbers = [as_number(level) for level in column.levels]
    return not any(math.isnan(number) for number in numbers) and any(number % 1 for number in numbers)


def _finding(
    sample: AuditSample, name: str, key: Indices, sides: Sides, residual: Floats
) -> LeakageFinding | None:
    fit, test = sides.fit, sides.test
    alike, lower, twins = _alike(key, residual)
    if not twins:
        return None
    evaluated = _both_sides(key, fit, test)
    met = np.isin(sample.group, sample.group[test])
    remaining = evaluated if sides.in_use else _both_sides(key, fit & ~met, test)
    rarer = sample.y > 0 if sample.y.mean() <= 0.5 else sample.y < 1
    together = int((np.bincount(key[(key >= 0) & rarer]) > 1).sum())
    verdict: LeakageVerdict = "clear"
    if sides.in_use and name in GUARDED and evaluated:
        verdict = "leak"
    elif twins >= FEWEST_TWINS and together >= FEWEST_TOGETHER and lower > ALIKE:
        verdict = "leak" if remaining > evaluated / 2 else "suspect"
    return LeakageFinding(
        "person",
        name,
        verdict,
        {
            "leads_on_both_sides": evaluated,
            "after_the_guard": remaining,
            "leads_with_a_twin": twins,
            "keys_of_the_rarer_class": together,
            "outcomes_alike": alike,
            "outcomes_alike_lower": lower,
        },
        f"{evaluated:,} test leads share their {name} with a training lead; {remaining:,} do in the split by person; "
        f"their outcomes agree beyond the columns with a correlation of {alike:.2f}",
        {
            "leak": f"bring {name} as account_id, or merge the copies: a person must be on one side of the split only",
            "suspect": f"leads of the same {name} look like copies: merge them before training",
            "clear": "",
        }[verdict],
    )


def _both_sides(key: Indices, fit: Mask, test: Mask) -> int:
    """Count the test leads whose key is on the other side too."""
    return int(np.isin(key[test & (key >= 0)], key[fit & (key >= 0)]).sum())


def _alike(key: Indices, residual: Floats) -> tuple[float, float, int]:
    """Return the correlation of each lead's residual with the mean of the others of its key, its bound, and n."""
    size = int(key.max(initial=-1)) + 1
    there = np.flatnonzero(key >= 0)
    rows = np.bincount(key[there], minlength=size)
    sums = np.bincount(key[there], weights=residual[there], minlength=size)
    asked = there[rows[key[there]] > 1]
    own = residual[asked]
    others = (sums[key[asked]] - own) / (rows[key[asked]] - 1)
    if len(asked) < 4 or others.std() < 1e-9 or own.std() < 1e-9:
        return 0.0, 0.0, len(asked)
    alike = float(np.corrcoef(others, own)[0, 1])
    keys = len(np.unique(key[asked]))  # not leads: both of a pair carry the same information
    z = np.arctanh(np.clip(alike, -0.999999, 0.999999)) - SURE / np.sqrt(max(1, keys - 3))
    return alike, float(np.tanh(z)), len(asked)
