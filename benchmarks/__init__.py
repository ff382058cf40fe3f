"""Figures of speed: `make bench`. Ratios are within one run on one machine."""
