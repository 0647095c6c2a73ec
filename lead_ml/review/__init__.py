"""The sales leader's pages: plain data first, then autoescaped templates, in English and Chinese, without JavaScript."""

from lead_ml.review.board import Board
from lead_ml.review.detail import detail_view
from lead_ml.review.evidence import EvidenceCache, LineEvidence
from lead_ml.review.frame import Frame
from lead_ml.review.lines_page import lines_view
from lead_ml.review.listing import ListQuery, list_view
from lead_ml.review.render import asset, render
from lead_ml.review.texts import texts_in

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
