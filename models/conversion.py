"""Conversion: the chance that a lead is won within the horizon after the question is asked.

Edit the target (which stages count as won), the feature groups, the directions you are sure of, and the ranges that
``lead-ml tune`` searches. The horizon and the parameters in use stand in ``params.yaml``. A monotone sign forbids every
candidate to learn the contrary, also where the data shows it: force few, and only what you would defend before your sales team.
"""

from lead_ml.project.targets import ModelSpec, Uniform, Won

SPEC = ModelSpec(
    name="conversion",
    target=Won(stages=("won",)),
    groups=("fit", "engagement", "channel", "authenticity"),
    monotone={
        "pricing_views_30d": 1,
        "buying_forms": 1,
        "two_way_contacts_30d": 1,
        "email_clicks_30d": 1,
    },
    search={
        "rounds": Uniform(60, 400, log=True, whole=True),
        "learning_rate": Uniform(0.01, 0.1, log=True),
        "num_leaves": Uniform(4, 32, log=True, whole=True),
        "min_data_in_leaf": Uniform(20, 200, log=True, whole=True),
        "feature_fraction": Uniform(0.2, 1.0),
        "lambda_l2": Uniform(0.1, 30.0, log=True),
    },
)
