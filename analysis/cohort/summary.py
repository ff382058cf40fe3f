"""What is analysed of a dataset and what is not, in lines for the person who knows it."""

from __future__ import annotations

from analysis.cohort import at_risk
from analysis.cohort.gains import gains
from analysis.cohort.model import Cohort


def summary(cohort: Cohort) -> list[str]:
    """Say how many patients were read, admitted and analysed by endpoint, and why the rest is not.

    What one more column would add follows; remarks on what should be looked at come last. No
    patient is named.
    """
    analysed = len(cohort.patients)
    lines = [
        f"No fault found in {cohort.name}: {analysed} {_patients(analysed)} "
        f"{'is' if analysed == 1 else 'are'} analysed of {cohort.read} read.",
        *(
            f"  {step['excluded']} of {step['entered']} left out: {step['criterion']}"
            for step in cohort.screening.to_dict("records")
            if step["excluded"]
        ),
    ]
    for name in cohort.endpoints():
        times = cohort.times(name)
        events = int(times["event"].sum())
        line = f"  {name}: {len(times)} {_patients(len(times))}, {events} with the event"
        if words := cohort.stand_ins.get(name):
            line += f"; {words}"
        lines.append(line)
    lines += [f"  {line}" for line in at_risk.lines(cohort.not_at_risk)]
    lines += [f"  {name}: not estimated, since {why}" for name, why in cohort.unrecorded.items()]
    if more := gains(cohort):
        lines += ["One more column or table would add:", *(f"  {gain}" for gain in more)]
    if cohort.remarks:
        lines += ["Please look at:", *(f"  {remark}" for remark in cohort.remarks)]
    return lines


def _patients(n: int) -> str:
    return "patient" if n == 1 else "patients"
