"""A project drafted from a company's own export: what ``lead-ml init DIR --leads leads.csv`` writes."""

from __future__ import annotations

from lead_ml.draft.asked import Question
from lead_ml.draft.describe import ColumnDraft
from lead_ml.draft.draft import Draft, draft_project

__all__ = ["ColumnDraft", "Draft", "Question", "draft_project"]
