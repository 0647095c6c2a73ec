"""A small SYNTHETIC business-to-business CRM whose true probabilities are known.

Nothing here is a real person, company or number. It exists for three things: to try lead-ml before exporting a CRM, to
test it against a known truth, and to teach its files. :func:`generate` makes a world, :func:`write` its files,
:func:`true_probability` says what a perfect scorer would have answered.
"""

from __future__ import annotations

from lead_ml.demo.files import write
from lead_ml.demo.settings import SynthSettings
from lead_ml.demo.world import SynthWorld, Truth, generate, true_probability

__all__ = ["SynthSettings", "SynthWorld", "Truth", "generate", "true_probability", "write"]
