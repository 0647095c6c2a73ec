"""Draft a project from an export of a CRM: what ``lead-ml init DIR --leads leads.csv`` writes."""

from __future__ import annotations

from lead_ml.init.draft import ColumnDraft, Draft, draft_project
from lead_ml.init.questions import Question

__all__ = ["ColumnDraft", "Draft", "Question", "draft_project"]
