"""A small SYNTHETIC business-to-business CRM whose true probabilities are known.

No person, company or number in it is real. It has three purposes: trying lead-ml before exporting a CRM, testing it
against known probabilities, and showing the file formats. :func:`generate` makes a world, :func:`write` writes its files, and
:func:`true_probability` returns what a perfect model would predict.
"""

from __future__ import annotations

from lead_ml.demo.files import write
from lead_ml.demo.settings import SynthSettings
from lead_ml.demo.world import SynthWorld, Truth, generate, true_probability

__all__ = ["SynthSettings", "SynthWorld", "Truth", "generate", "true_probability", "write"]
