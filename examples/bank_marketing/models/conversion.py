"""Whether the client subscribes to the deposit."""

from lead_ml import Column, ModelSpec, Uniform

SPEC = ModelSpec(
    name="conversion",
    target=Column(column="y", positive=("yes",)),
    groups=("fit", "channel"),
    search={
        "rounds": Uniform(30, 400, log=True, whole=True),
        "learning_rate": Uniform(0.01, 0.1, log=True),
        "num_leaves": Uniform(4, 31, whole=True),
        "lambda_l2": Uniform(0.1, 50, log=True),
    },
)
