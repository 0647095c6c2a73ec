"""The report as plain data: everything the page shows, in one JSON-able dict."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import msgspec

from lead_ml.evaluation.leakage import as_dict, from_json
from lead_ml.language import LANGUAGES
from lead_ml.lead_data.channels.records import CHANNELS_FILE
from lead_ml.registry.runs import AUDIT_FILE, Run
from lead_ml.report.channels import channels_data
from lead_ml.report.inputs import features_data, intake_data
from lead_ml.report.target import target_data
from lead_ml.report.words import summary
from lead_ml.scoring import Bundle, load_bundle
from lead_ml.scoring.thresholds import accepted_thresholds, curve
from lead_ml.scoring.thresholds.scale import log_odds, score_of
from lead_ml.scoring.thresholds.tables import by_month
from lead_ml.tables.instants import iso

CURVE_LINES = 60


def report_data(run: Run) -> dict[str, Any]:
    """Return everything that the report of a run shows, and a summary per language such as ``summary_zh``.

    Of each target: headline, verdicts, metrics by candidate, windows, drift, curves, slices, importance, what ships and
    what was evaluated. A figure that does not exist is None, and so are ``thresholds`` where nothing could be replayed,
    ``intake`` where it was not saved, and ``audit`` and ``channels`` where none were made.
    """
    bundle, _ = load_bundle(run.bundle)
    intake = intake_data(run.folder / "intake.json")
    level = float(bundle.params.get("evaluation", {}).get("level", 0.95))
    first = None if intake is None else intake["first"]
    flagged = run.record.flagged_features
    audit, trusted = run.folder / AUDIT_FILE, bundle.params.get("trust", ())
    data: dict[str, Any] = {
        "run": {
            **msgspec.structs.asdict(run.record),
            "fit_until": iso(run.record.fit_until) if run.record.dated else None,
            "lead_ml": version("lead-ml"),
        },
        "synthetic": run.record.synthetic,
        "level": level,
        "targets": {
            target: target_data(run, target, bundle, level=level, data_from=first) for target in run.targets
        },
        "thresholds": _thresholds(run, bundle),
        "intake": intake,
        "features": features_data(bundle),
        "features_left_out": [name for name in run.record.left_out_features if name not in flagged],
        "features_flagged": list(flagged),
        "audit": as_dict(from_json(audit.read_bytes()), trusted) if audit.is_file() else None,
        "channels": channels_data(run.folder / CHANNELS_FILE),
        "card": dict(bundle.card),
    }
    found: dict[str, Any] = plain(data)
    return found | {f"summary_{lang}": summary(found, lang) for lang in LANGUAGES}


def _thresholds(run: Run, bundle: Bundle) -> dict[str, Any] | None:
    """Gather thresholds, advice, curve and months; None on a cold start, where no history was scored."""
    if bundle.history is None:
        return None
    odds = bundle.info.reference_odds
    accepted = accepted_thresholds(run.bundle, bundle.thresholds, odds)
    return {
        "in_force": {
            **msgspec.to_builtins(accepted),
            "mql_score": score_of(log_odds(accepted.mql), odds),
            "sql_score": score_of(log_odds(accepted.sql), odds),
        },
        "advice": bundle.advice,
        "curve": curve(bundle.history, reference_odds=odds, n=CURVE_LINES),
        "months": by_month(bundle.history, log_odds(accepted.sql)),
        "dated": bundle.history.as_of is not None,
        "assumed": bundle.params.get("thresholds", {}),
    }


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: NaN as None, tuples as lists, structs as dicts, numpy scalars as Python's."""
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=lambda scalar: scalar.item()))
