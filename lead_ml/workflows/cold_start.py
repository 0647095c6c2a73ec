"""The cold-start ladder: the stage of a project, and about how many more wins the next one needs.

A logistic regression starts to beat a written scorecard at about ten wins per strong feature; boosting starts to beat the
regression at a few hundred wins (the half-width of an AUC of .8 is .075 with 50 positives and .024 with 500). The forward
evaluation decides; these numbers only say when to expect it to.
"""

from __future__ import annotations

from lead_ml.project.targets import Kind

EXPECTED_WINS: dict[Kind, int] = {"scorecard": 0, "logistic": 50, "lightgbm": 500}


def cold_start_stage(kind: Kind, wins: int, *, evaluated: bool) -> str:
    """Describe the cold-start stage of a model.

    >>> cold_start_stage("scorecard", 12, evaluated=False)
    'scorecard, 12 wins: too few outcomes to evaluate; a logistic regression needs about 38 more wins'
    """
    told = f"{kind}, {wins:,} wins: " + (
        "chosen on the forward window" if evaluated else "too few outcomes to evaluate"
    )
    waiting = [(name, need - wins) for name, need in EXPECTED_WINS.items() if need > wins]
    if not waiting:
        return told
    name, more = waiting[0]
    words = {"logistic": "a logistic regression", "lightgbm": "boosting", "scorecard": "a scorecard"}[name]
    return f"{told}; {words} needs about {more:,} more wins"
