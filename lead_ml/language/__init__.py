"""The languages of the interface: one catalog file per language, and how numbers and dates are written in it."""

from lead_ml.language.catalogs import LANGUAGES, Catalog, Lang, catalog
from lead_ml.language.numbers import Numbers

__all__ = ["LANGUAGES", "Catalog", "Lang", "Numbers", "catalog"]
