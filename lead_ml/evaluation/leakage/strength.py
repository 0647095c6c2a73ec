"""Columns that predict too well: one alone, or several only together.

At least half of the columns count as honest to begin with, the weaker half, and all dated features: their time is proven.
The others are compared with them from the weakest up, and join them unless they are beyond the honest range
(:mod:`lead_ml.evaluation.leakage.expected`). The standard depends on provenance: a column known at creation (by role, by
declaration or by trust) is flagged only where the 99% bound is beyond the range, another where the estimate is. So several leaks that repeat each other cannot hide behind one another, and an honest column
that others nearly replace (CDNOW's recency beside frequency) is no outlier.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from lead_ml.evaluation.leakage.expected import (
    PRIOR_INFORMATION,
    Bench,
    Excess,
    by_strength,
    excess,
    pair_synergy,
    reference_of,
    synergy,
)
from lead_ml.evaluation.leakage.measure import auc
from lead_ml.evaluation.leakage.records import LeakageFinding, LeakageVerdict

# A column whose information alone is less than this share of the reference could pass it only by synergy, which is looked for apart.
WORTH_A_FIT = 0.5
# How far beyond the honest range a column must surely be for a leak, although it is trusted: in the generated worlds
# not even the logit that the wins are drawn from came so far (3.2).
BEYOND_DOUBT = 4.0
# Synergy of a flagged set, in units of the reference: honest sets have none, and the luckiest of all pairs of a clean
# generated world reached .6.
TOGETHER = 1.0
CARRIES = 0.5  # share of the synergy that is lost without a member of the set
MOST_PAIRED = 60
# Of hundreds of pairs the luckiest seems too good where fewer leads than this are positive.
ENOUGH_FOR_PAIRS = 100


@dataclass(frozen=True)
class Strengths:
    """The columns within the honest range (lead columns and dated features), and those beyond it, with their excess."""

    honest: tuple[str, ...]
    beyond: dict[str, Excess]
    sets: dict[tuple[str, ...], float]


def strengths(
    bench: Bench, columns: Sequence[str], dated: Sequence[str], leaks: Collection[str] = ()
) -> Strengths:
    """Sort columns into the honest range and beyond it.

    Parameters
    ----------
    columns
        Lead columns, of whatever role.
    dated
        Declared features of dated records: honest by construction.
    leaks
        Columns that their dates or blanks prove to be leaks already: no other column is compared with them.
    """
    open_ = [name for name in columns if name not in leaks]
    sets = _pairs_too_good(bench, open_)
    left = [name for name in open_ if not any(name in found for found in sets)]
    found = _sequential(bench, left, dated)
    while (odd := _set_too_good(bench, found.honest, dated)) is not None:
        sets.update([odd])
        left = [name for name in left if name not in odd[0]]
        found = _sequential(bench, left, dated)
    others = len(found.honest)
    too = {name: over for name in sorted(leaks) if (over := _beyond(bench, found.honest, name, others))}
    return Strengths(found.honest, {**found.beyond, **too}, sets)


def strength_findings(
    bench: Bench, found: Strengths, columns: Sequence[str], dated: Sequence[str]
) -> list[LeakageFinding]:
    """Word the strengths: a finding per lead column, per dated feature and per set."""
    findings = [
        _of_column(bench, found, name) for name in columns if not any(name in one for one in found.sets)
    ]
    findings += [_of_set(bench, names, gain) for names, gain in found.sets.items()]
    findings.append(_of_all(bench, found.honest))
    return findings + [_of_dated(bench, name) for name in dated]


def _sequential(bench: Bench, columns: Sequence[str], dated: Sequence[str]) -> Strengths:
    order = by_strength(bench, columns)
    honest = [*dated, *order[: (len(order) + 1) // 2]]
    waiting, beyond = order[(len(order) + 1) // 2 :], dict[str, Excess]()
    while waiting:
        beyond = {}
        for name in waiting:
            found = _beyond(bench, honest, name, len(columns) + len(dated) - 1)
            if found is None:
                honest.append(name)
            else:
                beyond[name] = found
        if len(beyond) == len(waiting):  # no column joined: what they are compared with is final
            break
        waiting = list(beyond)
    return Strengths(tuple(honest), beyond, {})


def _beyond(bench: Bench, honest: Sequence[str], name: str, others: int) -> Excess | None:
    alone = bench.single(name).information
    if alone < WORTH_A_FIT * reference_of(0.0, others):
        return None
    without = bench.all_of(honest)
    if alone < WORTH_A_FIT * reference_of(without.information, others):
        return None
    found = excess(bench.sample, without, bench.all_of([*honest, name]), others)
    return found if found.beyond(trusted=bench.sample.trusted(name)) else None


def _pairs_too_good(bench: Bench, columns: Sequence[str]) -> dict[tuple[str, ...], float]:
    """Find pairs whose crossed values hold much more information than both alone, as a tree may overlook (exclusive or)."""
    if bench.sample.y.sum() < ENOUGH_FOR_PAIRS:
        return {}
    looked = by_strength(bench, columns)[-MOST_PAIRED:]
    need = TOGETHER * reference_of(0.0, len(columns))
    gains = {pair: pair_synergy(bench, *pair) for pair in combinations(sorted(looked), 2)}
    found: dict[tuple[str, ...], float] = {}
    for pair, gain in sorted(gains.items(), key=lambda item: (-item[1], item[0])):
        parts = sum(max(0.0, bench.single(name).information) for name in pair)
        if gain > max(need, TOGETHER * reference_of(parts, len(columns))) and not any(
            set(pair) & set(p) for p in found
        ):
            found[pair] = gain
    return found


def _set_too_good(
    bench: Bench, honest: Sequence[str], dated: Sequence[str]
) -> tuple[tuple[str, ...], float] | None:
    gain = synergy(bench, honest)
    parts = bench.all_of(honest).information - gain
    if gain <= TOGETHER * reference_of(parts, len(honest)):
        return None
    whole = bench.all_of(honest).information
    lost = {
        name: whole - bench.all_of([other for other in honest if other != name]).information
        for name in honest
        if name not in dated
    }
    members = tuple(sorted(name for name, loss in lost.items() if loss > CARRIES * gain))
    return (members, gain) if members else None


def _of_column(bench: Bench, found: Strengths, name: str) -> LeakageFinding:
    y = bench.sample.y
    alone = bench.single(name)
    area = auc(y, alone.p)
    evidence: dict[str, float | str] = {
        "auc_alone": area.value,
        "auc_alone_lower": area.lower,
        "auc_alone_upper": area.upper,
        "information_alone": alone.information,
    }
    over = found.beyond.get(name)
    if over is None:
        said = f"{name} alone reaches an AUC of {area.value:.2f}; the others could nearly do without it"
        return LeakageFinding(
            check="strength", subject=name, verdict="clear", evidence=evidence, en=said, columns=(name,)
        )
    rest, all_ = auc(y, over.without.p).value, auc(y, over.with_.p).value
    evidence |= {
        "auc_of_the_others": rest,
        "auc_with_it": all_,
        "information_of_the_others": over.without.information,
        "gain": over.gain,
        "honest_reference": over.reference,
        "times_the_reference": over.ratio,
        "times_the_reference_lower": over.lower,
    }
    said = (
        f"{name} alone reaches an AUC of {area.value:.2f}, all honest columns together {rest:.2f}, with it {all_:.2f}: on "
        f"top of them it adds {over.ratio:.1f} times the most that an honest column can be expected to add"
    )
    doubt = BEYOND_DOUBT if bench.sample.trusted(name) else 1.0
    verdict: LeakageVerdict = "leak" if over.lower > doubt else "suspect"
    do = f"ask when {name} is filled in; if it is before the first score, say so with trust: [{name}] in params.yaml, else leave it out"
    return LeakageFinding(
        check="strength", subject=name, verdict=verdict, evidence=evidence, en=said, do=do, columns=(name,)
    )


def _of_set(bench: Bench, names: tuple[str, ...], gain: float) -> LeakageFinding:
    y = bench.sample.y
    joint = bench.all_of(names)
    best = max(auc(y, bench.single(name).p).value for name in names)
    evidence: dict[str, float | str] = {
        "auc_together": auc(y, joint.p).value,
        "best_auc_alone": best,
        "information_together": joint.information,
        "synergy": gain,
    }
    said = (
        f"{' and '.join(names)} predict little alone (best AUC {best:.2f}) and together far more than their sum "
        f"({evidence['auc_together']:.2f} in a joint model)"
    )
    return LeakageFinding(
        check="strength",
        subject=" + ".join(names),
        # A trusted column is not overruled for what it predicts only together with another.
        verdict="suspect" if any(bench.sample.trusted(name) for name in names) else "leak",
        evidence=evidence,
        en=said,
        do="ask what their difference or combination means, and when it is known",
        columns=names,
    )


def _of_all(bench: Bench, honest: tuple[str, ...]) -> LeakageFinding:
    """Doubt the honest range itself, as where most columns are leaks that repeat each other."""
    known = bench.all_of(honest)
    area = auc(bench.sample.y, known.p)
    times = known.information / PRIOR_INFORMATION
    evidence: dict[str, float | str] = {
        "columns": len(honest),
        "auc_together": area.value,
        "information_together": known.information,
        "times_the_prior": times,
    }
    said = f"the {len(honest)} columns and features within the honest range reach an AUC of {area.value:.2f} together"
    if times <= BEYOND_DOUBT:
        return LeakageFinding(
            check="strength", subject="the honest range", verdict="clear", evidence=evidence, en=said
        )
    return LeakageFinding(
        check="strength",
        subject="the honest range",
        verdict="suspect",
        evidence=evidence,
        en=f"{said}, {times:.0f} times the information of usual honest data: leaks that repeat each other may hide among them",
        do="say which columns are known at creation, and audit with those alone",
    )


def _of_dated(bench: Bench, name: str) -> LeakageFinding:
    area = auc(bench.sample.y, bench.single(name).p)
    evidence: dict[str, float | str] = {
        "auc_alone": area.value,
        "auc_alone_lower": area.lower,
        "auc_alone_upper": area.upper,
    }
    said = f"{name} alone reaches an AUC of {area.value:.2f}, from records known before the snapshot: its dates show that it is no leak"
    return LeakageFinding(check="strength", subject=name, verdict="clear", evidence=evidence, en=said)
