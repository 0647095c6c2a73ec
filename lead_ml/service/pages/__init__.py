"""The sales leader's pages: plain data first, then autoescaped templates, in every language, without JavaScript."""

from lead_ml.service.pages.channels_page import channels_view
from lead_ml.service.pages.evidence import EvidenceCache, ThresholdEvidence
from lead_ml.service.pages.frame import PageFrame
from lead_ml.service.pages.lead_page import lead_view
from lead_ml.service.pages.render import asset, render
from lead_ml.service.pages.thresholds_page import AdviceShown, ThresholdsForm, thresholds_view
from lead_ml.service.pages.worklist_csv import worklist_csv
from lead_ml.service.pages.worklist_file import WorklistReader
from lead_ml.service.pages.worklist_page import worklist_view
from lead_ml.service.pages.worklist_query import WorklistQuery

__all__ = [
    "AdviceShown",
    "EvidenceCache",
    "PageFrame",
    "ThresholdEvidence",
    "ThresholdsForm",
    "WorklistQuery",
    "WorklistReader",
    "asset",
    "channels_view",
    "lead_view",
    "render",
    "thresholds_view",
    "worklist_csv",
    "worklist_view",
]
