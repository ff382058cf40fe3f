"""What of a report may leave the place where the patients are: statistical disclosure control.

`rules` names what is done and whose rule it is, `counts` and `curve` do it, `protect` applies it to
the estimates of a cohort, and `attack` tries to find a patient in what is left.
"""
