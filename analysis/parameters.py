"""Where rooms that are being moved find the engine's parameters; to be deleted."""

from analysis.study.parameters import ConfidenceInterval, Parameters  # noqa: F401
