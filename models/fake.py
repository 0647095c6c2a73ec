"""Fake: the chance that a lead turns out not to be real.

``reasons`` are those of your ``invalid`` outcomes that mean *not a real person we could reach*. A student or a competitor
is real: leave such reasons out. ``contacts`` are event types that only a real person causes; a lead with neither a reason
nor a contact nor a sales stage is unlabelled and teaches nothing. The engagement group is left out on purpose: silence
is no proof of a fake, and calls would tell the model its own label.
"""

from lead_ml.project.targets import Fake, ModelSpec, Uniform

SPEC = ModelSpec(
    name="fake",
    target=Fake(
        reasons=("bad_number", "bounced", "bot", "test"),
        contacts=("call_connected", "email_reply"),
        stages=("sql", "opportunity", "won", "lost"),
    ),
    groups=("authenticity", "channel", "fit"),
    ages_days=(1, 7),
    monotone={"ip_leads_1h": 1, "domain_leads_1d": 1, "name_gibberish": 1},
    search={
        "rounds": Uniform(60, 400, log=True, whole=True),
        "learning_rate": Uniform(0.01, 0.1, log=True),
        "num_leaves": Uniform(4, 32, log=True, whole=True),
        "min_data_in_leaf": Uniform(20, 200, log=True, whole=True),
        "lambda_l2": Uniform(0.1, 30.0, log=True),
    },
)
