"""Whether the lead closes a deal within 30 days."""

from lead_ml import ModelSpec, Uniform, Won

SPEC = ModelSpec(
    name="conversion",
    target=Won(stages=("won",)),
    groups=("channel",),
    search={"rounds": Uniform(20, 300, log=True, whole=True), "num_leaves": Uniform(3, 16, whole=True)},
)
