"""The report of a run: plain data first, then one self-contained HTML page with its charts."""

from lead_ml.report.assemble import report_data
from lead_ml.report.importance import global_importance
from lead_ml.report.page import write_report
from lead_ml.report.pictures import global_pictures, sampled

__all__ = [
    "global_importance",
    "global_pictures",
    "report_data",
    "sampled",
    "write_report",
]
