"""What the words around a number say that it is: `n (%)`, `median (range)`, `HR (95% CI)`, `p`."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """What is printed, as some words say it.

    Attributes
    ----------
    central
        A statistic: `count`, `percent`, `median`, `mean`, `hazard_ratio`, … or `ci`, `range`,
        `quartiles`, `sd`, `se` where only these are printed; '' where the words say nothing.
    spread
        What stands beside it: `percent`, `count`, `range`, `quartiles`, `ci`, `sd`, `se`.
    counted
        Whether the number of those measured stands in brackets.
    """

    central: str = ""
    spread: str = ""
    counted: bool = False

    def __bool__(self) -> bool:
        return bool(self.central or self.spread)


# "No" is a level, "No." and "No (%)" are numbers.
_N = (
    r"(?:no\.|no(?=\s*[(\[,;]?\s*(?:%|of\b))|n|n\.|nr\.|number|numbers|counts?|"
    r"freq(?:uency|\.)?|cases|events?|patients|subjects|participants)"
)
_PCT = r"(?:%|％|per\s?cent(?:age)?s?|pct|proportion|rate)"
_OF = (
    r"(?:\s+of\s+(?:the\s+)?(?:patients|cases|subjects|participants|events|"
    r"individuals|people|women|men|pts|tumou?rs|lesions))?"
)

# In the order in which they are looked for; the first that is found is the central statistic.
_CENTRAL = [
    ("p_value", r"(?i:(?<![\w-])p[\s-]*(?:values?|for\s+\w+)|^\W*p\b[^a-z]*$|\bpvalue\b|"
                r"^p\s*[=<])"),
    ("hazard_ratio", r"\ba?HRs?\b|(?i:\bhazards?\s+ratios?)|(?i:\b(?:adj(?:usted)?|crude|"
                     r"unadj\w*)\.?\s*HR\b)"),
    ("odds_ratio", r"\ba?ORs?\b(?!\s*R)|(?i:\bodds\s+ratios?)"),
    ("risk_ratio", r"\ba?RRs?\b|\bPRs?\b|\bIRRs?\b|(?i:\b(?:relative|rate|risk|prevalence|"
                   r"incidence rate)\s+(?:risks?|ratios?))"),
    ("standardised_difference", r"\bSMD\b|(?i:\bstandardi[sz]ed\s+(?:mean\s+)?differences?)"),
    ("difference", r"(?i:\bdifferences?\b)|\bMD\b|\bRD\b"),
    ("coefficient", r"(?i:\bcoefficients?\b|\bbeta\b)|β|(?i:\bestimates?\b)"),
    ("correlation", r"(?i:\bcorrelation\b)|^r$|(?i:\bspearman|\bpearson)"),
    ("statistic", r"[χΧ𝜒]|(?i:\bx\^2\b|\bchi[- ]squared?|\bt value|\bz value|\bF value|"
                  r"\btest statistic|\bstatistics?$)|^\W*[tzFZUTH]\W*$|^[tzF]/"),
    ("median", r"(?i:\bmedian\b|\bmed\b)|\b(?:mOS|mPFS|MST)\b"),
    ("mean", r"(?i:\bmean\b|\baverage\b)|[x̄X]̄"),
]  # fmt: skip
_SPREAD = [
    ("ci", r"(?i:\b9[059]\s*%|\bconfidence|\bcredible)|\b(?:CI|CrI)s?\b"),
    ("quartiles", r"(?i:\binter[- ]?quartile|\bquartiles?\b|\b25th|\bq1\b)|\bIQRs?\b|\bP25\b"),
    ("range", r"(?i:\brange\b|\bmin(?:imum)?\b.{0,12}\bmax|\blowest\b.{0,12}\bhighest)"),
    ("sd", r"(?i:\bstandard\s+deviations?|\bstd\.?\s*dev)|\b(?:SD|sd|s\.d\.|S\.D\.|Sd|"
           r"STD)\b|±\s*(?:SD|s)\b"),
    ("se", r"(?i:\bstandard\s+errors?)|\b(?:SE|SEM|s\.e\.)\b"),
]  # fmt: skip

_COUNT_PERCENT = re.compile(
    rf"(?<![\w-]){_N}{_OF}\s*[,;/]?\s*[(\[]\s*{_PCT}{_OF}\s*[)\]]|(?<![\w-]){_N}\s*[,;/]\s*{_PCT}"
    rf"|\bvalue,?\s*n\s*\(%\)|(?<![\w-]){_N}{_OF}\s+and\s+{_PCT}|#\s*\(\s*%\s*\)",
    re.IGNORECASE,
)
_PERCENT_COUNT = re.compile(
    rf"{_PCT}{_OF}\s*[(\[]\s*(?:{_N}|n\s*/\s*n){_OF}\s*[)\]]|{_PCT}\s*,\s*{_N}\b", re.IGNORECASE
)
_RATIO_PERCENT = re.compile(
    r"(?i:\bn\s*/\s*n\b|\bno\.?\s*/\s*(?:total\s*)?no\.?|\bevents?\s*/\s*(?:patients|total|n))"
)
_ONLY_COUNT = re.compile(rf"^\W*(?:{_N}|n){_OF}[\s.:,;*†#]*$", re.IGNORECASE)
_ONLY_PERCENT = re.compile(rf"^\W*{_PCT}{_OF}\W*$|^\W*\(\s*%\s*\)\W*$|^\W*%\W*$", re.IGNORECASE)
_TRAILING_COUNT = re.compile(r"(?:[,;(—–-]\s*|\s)(?:no\.|n|number|No\.)\s*[)]?\s*$", re.IGNORECASE)
_TRAILING_PERCENT = re.compile(r"(?:[,;(—–-]\s*|\s)(?:%|per\s?cent)\s*[)]?\s*$", re.IGNORECASE)
_RATE = re.compile(
    r"(?i:\b(?:\d+|one|two|three|five|ten)[- ](?:year|yr|y|month|mo)s?\b.{0,40}\b"
    r"(?:survival|OS|PFS|DFS|RFS|rate|control|LC|LRC|DMFS|EFS))"
)


def meaning(words: str) -> Meaning:
    """Give what some words say of the numbers by them.

    >>> meaning("Age, median (IQR), years")
    Meaning(central='median', spread='quartiles', counted=False)
    >>> meaning("No. of patients (%)").spread, meaning("HR (95% CI)").spread, meaning("Sex").central
    ('percent', 'ci', '')
    """
    text = words.strip()
    if not text:
        return Meaning()
    if _ONLY_COUNT.match(text):
        return Meaning("count")
    if _ONLY_PERCENT.match(text):
        return Meaning("percent")
    spread = next((name for name, form in _SPREAD if re.search(form, text)), "")
    # "95%" says the level of an interval, and is no percentage.
    bare = re.sub(r"(?i)\b9[059](?:\.\d)?\s*%", "", text)
    if _PERCENT_COUNT.search(bare) and not re.search(r"(?i)\brate\b", bare):
        return Meaning("percent", "count")
    if _COUNT_PERCENT.search(bare):
        return Meaning("count", "percent")
    central = next((name for name, form in _CENTRAL if re.search(form, text)), "")
    if central == "p_value" and spread:
        # "HR (95% CI) and p": the first stands for the others.
        others = [name for name, form in _CENTRAL[1:] if re.search(form, text)]
        central = others[0] if others else central
    if not central and _RATE.search(text):
        return Meaning("rate", spread)
    if central == "" and _RATIO_PERCENT.search(bare):
        return Meaning("count", "percent")
    counted = bool(re.search(r"(?i)[(\[]\s*(?:number|no\.?|n)\b[^)\]]*[)\]]", text))
    if not central and spread == "sd" and "±" in text:
        return Meaning("mean", "sd", counted)
    if not central and spread and re.search(r"[%％]", bare):
        return Meaning("percent", spread)
    if not central and spread:
        return Meaning(spread)
    if not central and _TRAILING_PERCENT.search(bare):
        return Meaning("percent")
    if not central and _TRAILING_COUNT.search(bare):
        return Meaning("count")
    if central == "p_value":
        spread = ""
    return Meaning(central, spread, counted and central in ("mean", "median"))


def choices(words: str) -> set[str]:
    """Give every statistic that some words name: "n (%) or median (IQR)" names several."""
    named = {name for name, form in _CENTRAL if re.search(form, words)}
    if _COUNT_PERCENT.search(re.sub(r"\b9[059]\s*%", "", words)):
        named.add("count")
    return named


# What is said of numbers and nothing of patients: taken out of a heading, the group is left.
_KIND = re.compile(
    rf"""(?ix)
    (?:[,;:–—-]\s*)?(?:
      \(?\s*\b9[059](?:\.\d)?\s*%\s*(?:confidence\s+intervals?|CIs?|CrIs?|credible\s+intervals?)\b\s*\)?
      |\b(?:adjusted|unadjusted|crude|multivariable|univariable)?\s*(?:hazard|odds|risk|rate)\s+ratios?\b
      |(?<![\w-])(?:{_N}){_OF}\s*[(\[]\s*{_PCT}\s*[)\]]
      |{_PCT}\s*[(\[]\s*{_N}\s*[)\]]
      |[(\[]\s*{_PCT}{_OF}\s*[)\]]
      |[(\[]\s*(?:range|IQR|SD|±\s*SD|SE|SEM|n)\s*[)\]]
      |\b(?:median|mean)\s*[(\[][^)\]]*[)\]]|\b(?:median|mean)\s*±\s*\w+
      |(?<![\w-])p[\s-]*values?\b|(?<![\w-])p$|^p\b
      |\b(?:IQR|SD|SEM?|CI|aHR|HR|OR|aOR|RR|SMD)s?\b
      |(?<![\w-])(?:no\.|n|%)(?![\w-])(?!\s+of\b)|(?:\bnumber|\bno\.){_OF}(?!\s+of\b)|\bper\s?cent(?:age)?\b|%
    )
    """
)
_SIZE = re.compile(
    r"[(\[]?\s*\b(?:n|N|no\.|No\.|total|patients|"
    r"pts)\s*[=:＝]\s*(?P<n>\d[\d,\u00a0\u2009\u202f ]*\d|\d)(?:\s*/\s*\d+)?"
    r"\s*(?:patients|pts|participants|cases|subjects|%|\([\d.]+%?\))?\s*[)\]]?"
    r"|[(\[]\s*(?P<m>\d[\d,]*)\s+(?:patients|pts|participants|cases|subjects|women|men)\s*[)\]]",
)


def without_kind(words: str) -> str:
    """Give a heading without what it says of the kind and the number of patients.

    >>> without_kind("Drug A (n = 40), n (%)"), without_kind("HR (95% CI)"), without_kind("No.")
    ('Drug A', '', '')
    """
    text = _KIND.sub(" ", _SIZE.sub(" ", words))
    text = re.sub(r"[(\[]\s*[,;]*\s*[)\]]", " ", text)
    text = re.sub(r"\s+", " ", text).strip(" ,;:–—-/&±.").strip()
    return re.sub(r"^[)\]\s,;]+|[(\[\s,;]+$", "", text)


def size(words: str) -> str:
    """Give how many patients some words say there are, as printed, '' where they do not.

    >>> size("Drug A (n = 1,040)"), size("N=40"), size("Drug A")
    ('1,040', '40', '')
    """
    found = _SIZE.search(words)
    return "" if found is None else (found["n"] or found["m"]).strip()
