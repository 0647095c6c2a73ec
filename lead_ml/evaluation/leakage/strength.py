"""Columns that predict too well: one alone, or several only together.

At least half of the columns count as honest to begin with, the weaker half, and all dated features: their time is proven.
The others are compared with them from the weakest up, and join them unless they are beyond the honest range
(:mod:`lead_ml.evaluation.leakage.expected`). The standard depends on provenance: a column known at creation (by role, by
declaration or by trust) is flagged only where the 99% bound is beyond the range, another where the estimate is. So an honest column that
others nearly replace (CDNOW's recency beside frequency) is no outlier.

Leaks that repeat each other replace each other too. So a column is also evaluated in the presence of none, and what is left is
evaluated as a whole (:mod:`lead_ml.evaluation.leakage.whole`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from lead_ml.evaluation.leakage.expected import (
    PRIOR_INFORMATION,
    SURE,
    Bench,
    Excess,
    by_strength,
    coarse_bins,
    excess,
    pair_synergy,
    reference_of,
    synergy,
)
from lead_ml.evaluation.leakage.measure import auc, standard_error
from lead_ml.evaluation.leakage.records import LeakageFinding, LeakageVerdict
from lead_ml.evaluation.leakage.whole import INTAKE_AUC, Quality, Removal, bring_back, quality_of
from lead_ml.model.metrics import Interval

# A column whose information alone is less than this share of the reference could pass it only by synergy, which is looked for apart.
WORTH_A_FIT = 0.5
# How far beyond the honest range a column must surely be for a leak, although it is trusted: in the generated worlds
# not even the logit that the wins are drawn from came so far (3.2).
BEYOND_DOUBT = 4.0
# Information beyond which a column is too good alone, whatever the others hold: 2.5 times the prior, an AUC of about .86. A
# trusted column has to be beyond doubt.
ALONE = 2.5
# Synergy of a flagged set, in units of the reference: honest sets have none, and the luckiest of all pairs of a clean
# generated world reached .6.
TOGETHER = 1.0
CARRIES = 0.5  # share of the synergy that is lost without a member of the set
MOST_PAIRED = 60
# Of hundreds of pairs the luckiest seems too good where fewer leads than this are positive.
ENOUGH_FOR_PAIRS = 100


@dataclass(frozen=True)
class Strengths:
    """The columns within the honest range (lead columns and dated features), and those beyond it.

    ``beyond`` add too much to the honest ones, ``alone`` are too good by themselves, ``sets`` only together, and ``removed``
    make the whole too good, in the order of their removal.
    """

    honest: tuple[str, ...]
    beyond: dict[str, Excess]
    sets: dict[tuple[str, ...], float]
    alone: tuple[str, ...] = ()
    removed: dict[str, Removal] = field(default_factory=dict)

    @property
    def suspect(self) -> bool:
        """Whether the whole was too good before columns were removed, so that its figure proves nothing."""
        return bool(self.removed)


def strengths(
    bench: Bench, columns: Sequence[str], dated: Sequence[str], leaks: Collection[str] = ()
) -> Strengths:
    """Sort lead columns into the honest range and beyond it; `dated` features are honest by construction.

    No column is compared with the `leaks`, which their dates or blanks prove to be such already.
    """
    open_ = [name for name in columns if name not in leaks]
    alone = tuple(name for name in open_ if _too_good_alone(bench, name))
    sets = _pairs_too_good(bench, [name for name in open_ if name not in alone])
    left = [name for name in open_ if name not in alone and not any(name in found for found in sets)]
    found = _sequential(bench, left, dated)
    while (odd := _set_too_good(bench, found.honest, dated)) is not None:
        sets.update([odd])
        left = [name for name in left if name not in odd[0]]
        found = _sequential(bench, left, dated)
    removed = bring_back(bench, found.honest, left)
    if removed:
        found = _sequential(bench, [name for name in left if name not in removed], dated)
    others = len(found.honest)
    over = ((name, _beyond(bench, found.honest, name, others)) for name in sorted({*leaks, *alone}))
    beyond = {**found.beyond, **{name: excess for name, excess in over if excess is not None}}
    return Strengths(found.honest, beyond, sets, alone, removed)


def _too_good_alone(bench: Bench, name: str) -> bool:
    known = bench.single(name)
    limit = (BEYOND_DOUBT if bench.sample.trusted(name) else ALONE) * PRIOR_INFORMATION
    return known.information - SURE * standard_error(bench.sample, known.gain) > limit


def strength_findings(
    bench: Bench, found: Strengths, columns: Sequence[str], dated: Sequence[str]
) -> list[LeakageFinding]:
    """Word the strengths: a finding per lead column, per dated feature and per set."""
    findings = [
        _of_column(bench, found, name) for name in columns if not any(name in one for one in found.sets)
    ]
    findings += [_of_set(bench, names, gain) for names, gain in found.sets.items()]
    findings.append(_of_all(bench, found))
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
    found = excess(bench.sample, without, bench.all_of([*honest, name]), others, without)
    return found if found.beyond(trusted=bench.sample.trusted(name)) else None


def _pairs_too_good(bench: Bench, columns: Sequence[str]) -> dict[tuple[str, ...], float]:
    """Find pairs whose crossed values hold much more information than both alone, as a tree may overlook (exclusive or)."""
    if bench.sample.y.sum() < ENOUGH_FOR_PAIRS:
        return {}
    looked = sorted(by_strength(bench, columns)[-MOST_PAIRED:])
    coarse = {name: coarse_bins(bench.views[name]) for name in looked}
    need = {
        pair: TOGETHER * reference_of(bench.sum_of(pair), len(columns)) for pair in combinations(looked, 2)
    }
    gains = {pair: pair_synergy(bench, coarse, pair, least) for pair, least in need.items()}
    found: dict[tuple[str, ...], float] = {}
    for pair, gain in sorted(gains.items(), key=lambda item: (-item[1], item[0])):
        if gain > need[pair] and not any(set(pair) & set(p) for p in found):
            found[pair] = gain
    return found


def _set_too_good(
    bench: Bench, honest: Sequence[str], dated: Sequence[str]
) -> tuple[tuple[str, ...], float] | None:
    gain, whole = synergy(bench, honest), bench.all_of(honest).information
    if gain <= TOGETHER * reference_of(whole - gain, len(honest)):
        return None
    members = [
        name
        for name in sorted(set(honest) - set(dated))
        if whole - bench.all_of(other for other in honest if other != name).information > CARRIES * gain
    ]
    return (tuple(members), gain) if members else None


def _alone(bench: Bench, name: str) -> tuple[Interval, dict[str, float | str]]:
    """Return the AUC of a column alone, and that as evidence."""
    area = auc(bench.sample.y, bench.single(name).p)
    return area, {"auc_alone": area.value, "auc_alone_lower": area.lower, "auc_alone_upper": area.upper}


def _of_column(bench: Bench, found: Strengths, name: str) -> LeakageFinding:
    area, evidence = _alone(bench, name)
    evidence["information_alone"] = bench.single(name).information
    said = f"{name} alone reaches an AUC of {area.value:.2f}"
    over, do = found.beyond.get(name), _ask(name)
    if name in found.removed:
        shown, more = _of_removal(name, found.removed[name])
        return LeakageFinding("strength", name, "suspect", evidence | more, f"{said}; {shown}", do, (name,))
    if over is None and name in found.alone:
        said += ": too good for one column, whatever the others hold"
        return LeakageFinding("strength", name, "suspect", evidence, said, do, (name,))
    if over is None:
        said += "; beside the others it adds no more than an honest column can"
        return LeakageFinding("strength", name, "clear", evidence, said, columns=(name,))
    rest, all_ = (auc(bench.sample.y, seen.p).value for seen in (over.without, over.with_))
    evidence |= {
        "auc_of_the_others": rest,
        "auc_with_it": all_,
        "information_of_the_others": over.without.information,
        "gain": over.gain,
        "honest_reference": over.reference,
        "times_the_reference": over.ratio,
        "times_the_reference_lower": over.lower,
    }
    said += (
        f", all honest columns together {rest:.2f}, with it {all_:.2f}: on "
        f"top of them it adds {over.ratio:.1f} times the most that an honest column can be expected to add"
    )
    doubt = BEYOND_DOUBT if bench.sample.trusted(name) else 1.0
    verdict: LeakageVerdict = "leak" if over.lower > doubt else "suspect"
    return LeakageFinding("strength", name, verdict, evidence, said, do, (name,))


def _ask(name: str) -> str:
    return f"ask when {name} is filled in; if it is before the first score, say so with trust: [{name}] in params.yaml, else leave it out"


def _of_removal(name: str, step: Removal) -> tuple[str, dict[str, float | str]]:
    """Word what the whole is with a column and without it."""
    before, after = step.before, step.after
    evidence: dict[str, float | str] = {
        "place": step.place,
        "auc_with_it": before.auc.value,
        "auc_without_it": after.auc.value,
        "pr_auc_with_it": before.pr_auc.value,
        "pr_auc_without_it": after.pr_auc.value,
        "rate": before.rate,
    }
    whole = (
        "better than what is known of a lead on arrival can"
        if before.too_good
        else "much better with it than without"
    )
    said = (
        f"all columns that are left predict {whole} ({_figures(before)}); "
        f"without {name}, number {step.place} to be removed: {_figures(after)}"
    )
    return said, evidence


def _figures(quality: Quality) -> str:
    return f"AUC {quality.auc.value:.2f}, PR-AUC {quality.pr_auc.value:.2f}, {quality.lift:.1f} times the rate of the outcome"


def _of_set(bench: Bench, names: tuple[str, ...], gain: float) -> LeakageFinding:
    y, joint = bench.sample.y, bench.all_of(names)
    together = auc(y, joint.p).value
    best = max(auc(y, bench.single(name).p).value for name in names)
    return LeakageFinding(
        "strength",
        " + ".join(names),
        # A trusted column is not overruled for what it predicts only together with another.
        "suspect" if any(bench.sample.trusted(name) for name in names) else "leak",
        {
            "auc_together": together,
            "best_auc_alone": best,
            "information_together": joint.information,
            "synergy": gain,
        },
        f"{' and '.join(names)} predict little alone (best AUC {best:.2f}) and together far more than their sum "
        f"({together:.2f} in a joint model)",
        "ask what their difference or combination means, and when it is known",
        names,
    )


def _of_all(bench: Bench, found: Strengths) -> LeakageFinding:
    """Doubt the honest range itself, as where dated features too predict what nobody can know."""
    known = bench.all_of(found.honest)
    quality, times = quality_of(bench.sample, known.p), known.information / PRIOR_INFORMATION
    evidence: dict[str, float | str] = {
        "columns": len(found.honest),
        "auc_together": quality.auc.value,
        "pr_auc_together": quality.pr_auc.value,
        "lift": quality.lift,
        "information_together": known.information,
        "times_the_prior": times,
    }
    said = f"the {len(found.honest)} columns and features within the honest range reach together: {_figures(quality)}"
    if found.removed:
        said += f"; {len(found.removed)} columns had to be removed before"
    if not quality.too_good:
        return LeakageFinding("strength", "the honest range", "clear", evidence, said)
    said += f". Information at the time of arrival rarely exceeds an AUC of {INTAKE_AUC:.2f}, so this figure is suspect"
    do = "say which columns are known at creation, and audit with those alone"
    return LeakageFinding("strength", "the honest range", "suspect", evidence, said, do)


def _of_dated(bench: Bench, name: str) -> LeakageFinding:
    area, evidence = _alone(bench, name)
    said = f"{name} alone reaches an AUC of {area.value:.2f}, from records known before the snapshot: its dates show that it is no leak"
    return LeakageFinding("strength", name, "clear", evidence, said)
