"""What MLflow stores and runs in place of a pickle. It holds no logic, so an upgrade of lead-ml reaches logged models."""

from lead_ml.registry.pyfunc import register

register()
