"""The model card of a bundle as Markdown, for readers of the registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SHOWN = ("log_loss", "brier", "roc_auc", "pr_auc", "lift_10", "ece")


def card_markdown(card: Mapping[str, Any], version: str) -> str:
    """Render ``card.json`` of a bundle.

    >>> print(card_markdown({"project": "demo", "synthetic": True, "targets": {}}, "abc"))
    # demo, version abc
    <BLANKLINE>
    **Trained on synthetic data: no figure here describes real leads.**
    <BLANKLINE>
    """
    return "\n".join(f"{paragraph}\n" for paragraph in _paragraphs(card, version))


def _paragraphs(card: Mapping[str, Any], version: str) -> Iterator[str]:
    yield f"# {card.get('project', 'lead-ml')}, version {version}"
    if card.get("synthetic"):
        yield "**Trained on synthetic data: no figure here describes real leads.**"
    for name, label in (("intended_use", "Intended use"), ("cold_start_stage", "Cold-start stage")):
        if card.get(name):
            yield f"{label}: {card[name]}"
    if "leads" in card:
        until = f"Data until {card['data_until']}, " if "data_until" in card else "Data without dates, "
        yield f"{until}{card['leads']:,} leads."
    for target, item in card.get("targets", {}).items():
        yield from _target(target, item)


def _target(target: str, item: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {target}: {item['candidate']}"
    yield str(item["headline"])
    told = ("candidate", "headline", "warnings", "forward")
    facts = [f"{name.replace('_', ' ')}: {value}" for name, value in item.items() if name not in told]
    yield "\n".join(f"- {fact}" for fact in (*item.get("warnings", ()), *facts))
    if item.get("forward"):
        yield "\n".join(_table(item["forward"]))


def _table(forward: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield f"| candidate | {' | '.join(SHOWN)} |"
    yield "|---|" + "---|" * len(SHOWN)
    for candidate, metrics in forward.items():
        yield f"| {candidate} | {' | '.join(_cell(metrics.get(name)) for name in SHOWN)} |"


def _cell(interval: Mapping[str, float | None] | None) -> str:
    if interval is None or interval["value"] is None:
        return "-"
    if interval["lower"] is None or interval["upper"] is None:
        return f"{interval['value']:.4f}"
    return f"{interval['value']:.4f} ({interval['lower']:.4f} to {interval['upper']:.4f})"
