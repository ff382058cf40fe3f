"""Regenerate Zhai et al. 2025 (Front Immunol 16:1594577) from patient-level data."""
