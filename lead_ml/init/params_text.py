"""``params.yaml`` of a drafted project: the questions first, then every number with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lead_ml.init.questions import Question
from lead_ml.init.statistics import Delays
from lead_ml.init.yaml_text import comment, entry, flow, scalar
from lead_ml.project.params import DEFAULT_MISSING

_TAGS_SHOWN = 8


@dataclass(frozen=True)
class Figures:
    """What the numbers of the file rest on. ``delays`` is None without dated wins, ``weekly`` without dates."""

    leads: int
    converted: int
    delays: Delays | None
    weekly: float | None


def params_text(
    content: Mapping[str, Any],
    questions: Sequence[Question],
    notes: Sequence[str],
    tags: Mapping[str, Mapping[str, int]],
    figures: Figures,
) -> str:
    """Return the file. `content` is what it says, under the keys of :class:`lead_ml.project.params.Params`."""
    parts = [
        _head(questions, notes),
        f"project: {scalar(content['project'])}",
        _data(content["data"]),
        "\n".join(
            [
                f"time_zone: {scalar(content['time_zone'])}    # of instants without an offset",
                "seed: 7",
                "threads: 0        # 0 takes all cores",
            ]
        ),
        _missing(content["missing"], tags),
        _known_at(content["known_at"]),
        _time(content, dated=figures.weekly is not None),
        _conversion(content, figures),
    ]
    if "fake" in content:
        parts.append(
            "fake:\n  horizon_days: "
            + scalar(content["fake"]["horizon_days"])
            + "    # fakes are found soon or never\n"
            "  scorecard: " + flow(content["fake"]["scorecard"])
        )
    parts.append(_thresholds(content["thresholds"], figures))
    return "\n\n".join(parts) + "\n"


def _head(questions: Sequence[Question], notes: Sequence[str]) -> str:
    lines = [
        "# Written by lead-ml init after a look at your export. Every line may be changed; an unknown key is an error, so a",
        "# typing mistake cannot hide. Your files are only read.",
        "#",
    ]
    if questions:
        many = "1 thing" if len(questions) == 1 else f"{len(questions)} things"
        lines += [
            f"# {many} could not be decided for sure. Each has a best guess, with which everything runs as it stands.",
            "#",
        ]
    for number, question in enumerate(questions, start=1):
        lines.append(comment(f"QUESTION {number}: {question.text}", first="  "))
        lines.append(comment(f"Guess: {question.guess}.", first="  ", mark="#   "))
        lines.append(comment(f"Change: {question.change}.", first="  ", mark="#   "))
    if notes:
        lines += ["#", "# What was noticed:"]
        lines += [comment(f"- {note}", first="  ") for note in notes]
    return "\n".join(lines)


def _data(data: Mapping[str, Any]) -> str:
    lines = ["data:", "  # Paths start from this folder. columns: our name on the left, yours on the right."]
    if "since" in data:
        lines.append(f"  since: {scalar(data['since'])}    # leads created before it are set aside")
    for name in ("leads", "events", "outcomes"):
        if name in data:
            lines.append(f"  {name}:")
            lines += [entry(key, value, 4) + _WHY.get(key, "") for key, value in data[name].items()]
    return "\n".join(lines)


def _missing(missing: Sequence[str], tags: Mapping[str, Mapping[str, int]]) -> str:
    if tags:
        seen = []
        for tag, columns in list(tags.items())[:_TAGS_SHOWN]:
            most = max(columns, key=lambda name: columns[name])
            where = f"most in `{most}`" if len(columns) > 1 else f"in `{most}`"
            seen.append(f"{tag} in {sum(columns.values()):,} cells ({where})")
        told = "Seen in your files: " + "; ".join(seen) + "."
    else:
        told = "None but empty cells was seen in your files."
    added = [tag for tag in missing if tag not in DEFAULT_MISSING]
    told += f" {', '.join(added)} came on top of the usual ones." if added else ""
    return "\n".join(
        [
            comment(
                "Texts that count as missing, in any case, beside the empty cell; they never are a value of their own."
            ),
            comment(told),
            f"missing: {flow(list(missing))}",
        ]
    )


def _known_at(known_at: Mapping[str, str]) -> str:
    lines = [
        comment(
            "When each column is known. creation: filled in once, when the lead arrives. current: may be overwritten later by people "
            "who know the outcome, so it stays out of every model. Columns that lead-ml knows by role (source, industry, email, ...) "
            "need no line; owner and cost are current."
        )
    ]
    if not known_at:
        return "\n".join([*lines, "known_at: {}", "trust: []"])
    return "\n".join(
        [*lines, "known_at:", *(f"  {scalar(k)}: {v}" for k, v in known_at.items()), "trust: []"]
    )


def _time(content: Mapping[str, Any], *, dated: bool) -> str:
    ages, split = content["snapshots"]["ages_days"], content["split"]
    why = (
        "days after creation at which a lead is looked at again"
        if ages
        else "no events, so a second look would see nothing new"
    )
    judged = (
        "the latest mature leads; they judge, and nothing is fitted or tuned on them"
        if dated
        else "not used without dates: random folds judge, and flatter"
    )
    return "\n".join(
        [
            "snapshots:",
            "  settle: 1m      # how long after its creation a lead is first scored; the form just sent is then inside",
            f"  ages_days: {flow(ages)}    # {why}",
            "",
            "split:",
            f"  test_share: {split['test_share']}    # {judged}",
            f"  folds: {split['folds']}",
            f"  embargo: {scalar(split['embargo'])}"
            + (
                ""
                if split["embargo"]
                else "    # the outcome has no date of its own, so there is nothing to wait for"
            ),
            "",
            "evaluation:",
            "  bootstrap: 500",
            "  level: 0.95",
        ]
    )


def _conversion(content: Mapping[str, Any], figures: Figures) -> str:
    found = content["conversion"]
    rate = f"{figures.converted:,} of {figures.leads:,} leads converted"
    rate += " sooner or later" if figures.delays else ""
    return "\n".join(
        [
            "conversion:",
            comment(_horizon_words(figures.delays), 2),
            f"  horizon_days: {scalar(found['horizon_days'])}",
            "  scorecard:",
            comment(
                "The ideal customer profile in points, which only you can write: 6 points double the odds. For example "
                "rules: [{feature: industry, values: [software], points: 4}, {feature: visits, at_least: 3, points: 2}]",
                4,
            ),
            f"    base_rate: {found['scorecard']['base_rate']}    # of a lead without points; {rate}",
            "    rules: []",
            f"  lightgbm: {flow(found['lightgbm'])}",
        ]
    )


def _horizon_words(delays: Delays | None) -> str:
    if delays is None:
        return "The horizon is how many days after the score a win counts. Nothing in the data dates a win, so there is none to suggest."
    told = (
        f"A win counts if it comes within so many days after the score. {delays.wins:,} wins were seen, half of them within "
        f"{delays.median_days:.0f} days; {delays.horizon} days see {delays.share:.0%} of those that come (Kaplan-Meier)."
    )
    if delays.horizon < delays.wanted:
        told += (
            f" {delays.wanted} days would see 90 %, but leads of {delays.span_days:.0f} days allow no more than a quarter of it: "
            "the rest is needed to learn and to judge."
        )
    return told


def _thresholds(found: Mapping[str, Any], figures: Figures) -> str:
    volume = (
        f"a tenth and three tenths of the {figures.weekly:,.0f} leads a week"
        if figures.weekly is not None
        else "there are no dates to count leads a week"
    )
    return "\n".join(
        [
            "thresholds:",
            comment(
                f"What the advice on the MQL and SQL lines assumes. The two volumes are a guess ({volume}), costs and value are not "
                "in the data: write yours. method: capacity, opportunity_mean, value, precision or recall.",
                2,
            ),
            *(f"  {key}: {scalar(value)}{_LINES.get(key, '')}" for key, value in found.items()),
        ]
    )


_WHY = {
    "number_rows": "    # there is no id, so the number of the row is it",
    "decimal": "    # 1.234,56 is read as 1234.56",
    "where_filled": "    # a row without it is no outcome",
}
_LINES = {
    "sql_per_week": "    # leads that sales can take up in a week",
    "mql_per_week": "    # leads that marketing can nurture in a week",
}
