"""What survival estimates need of many patients: counts by day and group, which add up."""
