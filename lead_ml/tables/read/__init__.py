"""Read the data of a project: files and databases in, coded tables and a report of every row out."""

from __future__ import annotations

from lead_ml.tables.read.read import read_dataset
from lead_ml.tables.read.reject import RejectedRows
from lead_ml.tables.read.report import ColumnReport, IntakeReport, TableReport, write_rejected

__all__ = [
    "ColumnReport",
    "IntakeReport",
    "RejectedRows",
    "TableReport",
    "read_dataset",
    "write_rejected",
]
