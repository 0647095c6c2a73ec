"""The report of a run: plain data first, then one self-contained HTML page; and the pictures that shap draws."""

from lead_ml.report.assemble import report_data
from lead_ml.report.importance import global_importance, save_importance
from lead_ml.report.page import write_report
from lead_ml.report.pictures import global_pictures

__all__ = ["global_importance", "global_pictures", "report_data", "save_importance", "write_report"]
