"""Kinds of files that patients are kept in, by suffix. Nothing is imported here, for speed."""

from __future__ import annotations

TEXTS = (".csv", ".tsv", ".txt")
WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
STATISTICAL = (".sav", ".zsav", ".por", ".dta", ".xpt", ".sas7bdat")
DATABASES = (".sqlite", ".sqlite3", ".db")
SUFFIXES = (*TEXTS, ".parquet", *WORKBOOKS, *STATISTICAL, *DATABASES)
