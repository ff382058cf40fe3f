"""Warnings are errors, except those about what other tests of the same process left behind."""

from __future__ import annotations

import pytest

STRICT = pytest.mark.filterwarnings("error", "ignore::pytest.PytestUnraisableExceptionWarning")
