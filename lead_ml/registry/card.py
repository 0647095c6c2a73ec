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
    return "\n".join(_lines(card, version))


def _lines(card: Mapping[str, Any], version: str) -> Iterator[str]:
    yield f"# {card.get('project', 'lead-ml')}, version {version}"
    yield ""
    if card.get("synthetic"):
        yield "**Trained on synthetic data: no figure here describes real leads.**"
        yield ""
    for name, label in (("intended_use", "Intended use"), ("cold_start_stage", "Cold-start stage")):
        if card.get(name):
            yield f"{label}: {card[name]}"
            yield ""
    if "data_until" in card:
        yield f"Data until {card['data_until']}, {card.get('leads', 0):,} leads."
        yield ""
    for target, item in card.get("targets", {}).items():
        yield from _target(target, item)


def _target(target: str, item: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {target}: {item['kind']}"
    yield ""
    yield str(item["headline"])
    yield ""
    for warning in item.get("warnings", ()):
        yield f"- {warning}"
    plain = {k: v for k, v in item.items() if k not in {"kind", "headline", "warnings", "forward"}}
    for name, value in plain.items():
        yield f"- {name.replace('_', ' ')}: {value}"
    yield ""
    if item.get("forward"):
        yield from _table(item["forward"])


def _table(forward: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield f"| candidate | {' | '.join(SHOWN)} |"
    yield "|---|" + "---|" * len(SHOWN)
    for kind, metrics in forward.items():
        yield f"| {kind} | {' | '.join(_cell(metrics.get(name)) for name in SHOWN)} |"
    yield ""


def _cell(interval: Mapping[str, float | None] | None) -> str:
    if interval is None or interval["value"] is None:
        return "-"
    if interval["lower"] is None or interval["upper"] is None:
        return f"{interval['value']:.4f}"
    return f"{interval['value']:.4f} ({interval['lower']:.4f} to {interval['upper']:.4f})"
