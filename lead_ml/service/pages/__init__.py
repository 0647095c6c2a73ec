"""The sales leader's pages: plain data first, then autoescaped templates, in English and Chinese, without JavaScript."""

from lead_ml.service.pages.detail import detail_view
from lead_ml.service.pages.evidence import EvidenceCache, LineEvidence
from lead_ml.service.pages.frame import Frame
from lead_ml.service.pages.listing import ListQuery, list_view
from lead_ml.service.pages.render import asset, render
from lead_ml.service.pages.texts import texts_in
from lead_ml.service.pages.thresholds_page import lines_view
from lead_ml.service.pages.worklist import Board

__all__ = [
    "Board",
    "EvidenceCache",
    "Frame",
    "LineEvidence",
    "ListQuery",
    "asset",
    "detail_view",
    "lines_view",
    "list_view",
    "render",
    "texts_in",
]
