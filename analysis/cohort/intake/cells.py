"""What a cell of text means under the conventions of a dataset: days, numbers, yes and no."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.cohort.intake.sheet import FIGURES, by_value, matches
from analysis.study.limits import SIGNS

EXCEL, EXCEL_1904 = "excel", "excel1904"
# Day 0 of Excel's days on Windows is one early, for it has a 29 February 1900; counts from March
# 1900 on are right so (ECMA-376, part 1, 18.17.4.1).
_ORIGINS = {EXCEL: "1899-12-30", EXCEL_1904: "1904-01-01"}
MIDDLE = "mid"


@dataclass(frozen=True)
class Conventions:
    """How a dataset writes its cells.

    Attributes
    ----------
    missing
        Column of the source to the texts that mean 'not recorded'; `*` is every column.
    dates
        Formats of dates in their order, as `strptime` has them, or `excel` for its day numbers.
        A year before a month before a day needs none.
    decimal
        Decimal marks. Where the comma is none of them, it may part thousands.
    yes, no
        Texts besides yes and no, in any capitals.
    partial
        Which day a date is taken for whose day is not known: first, mid (the 15th; of a year 30
        June) or last; `none` leaves it unknown. As in the R package admiral (`date_imputation`).
    """

    missing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    decimal: tuple[str, ...] = ()
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    partial: str = MIDDLE


# --- missing --------------------------------------------------------------------------------------

# What people write for 'not recorded'. Nothing is taken for it unless it is declared: NA is sodium,
# ND may be 'not detected', and 99 a value.
USUAL = frozenset(
    {"na", "n/a", "nd", "n.d.", "nk", "unk", "unknown", "missing", "none recorded", "null", "nan",
     ".", "-", "--", "/", "\\", "?", "??", "*", "x", "-1", "-9", "-99", "-999", "-9999",
     "999", "9999", "99999", "#n/a", "#value!", "#num!", "#div/0!", "#ref!", "#name?", "未查",
     "未测", "不详", "未知", "无记录", "缺失", "k.a.", "unbekannt", "fehlt", "inconnu", "nr"}
)  # fmt: skip


def without_missing(
    cells: pd.Series,
    column: str,
    conventions: Conventions,
    labels: Mapping[str, str] | None = None,
) -> pd.Series:
    """Blank the cells of a column of the source that hold a text for 'not recorded'.

    A code does that is labelled so.
    """
    texts = conventions.missing.get("*", frozenset()) | conventions.missing.get(column, frozenset())
    if not texts:
        return cells
    labelled = {code for code, label in (labels or {}).items() if label in texts}
    return cells.mask(cells.isin(texts | labelled))


# --- dates ----------------------------------------------------------------------------------------

_ISO = r"\d{4}-\d{2}-\d{2}"
# Time zones are at most 14 hours from Greenwich.
_ZONE = r"[+-](0\d|1[0-4]):?[0-5]\d|Z"
_MIDNIGHT = rf"[ T]0{{1,2}}:00(:00(\.0+)?)?({_ZONE})?"
WITH_TIME = rf"{_ISO}[ T]\d{{2}}:\d{{2}}.*"
# The year first means that the month comes next.
_YEAR_FIRST = r"(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?"
_MONTH_WORDS = {
    word.lower(): i
    for names in (calendar.month_abbr, calendar.month_name)
    for i, word in enumerate(names)
    if word
}
_UNKNOWN = {"un", "unk", "uu", "uk", "xx", "--", "?", "??", "nk"}


def days(cells: pd.Series, conventions: Conventions) -> pd.DataFrame:
    """Read days.

    Parameters
    ----------
    cells
        Text, missing where blank.

    Returns
    -------
    pandas.DataFrame
        Of the same index: `day` (midnight; missing where it could not be read), `imputed` (`D`
        where the day was not known and imputed, `M` where the month was not either, as ADaM's date
        imputation flag) and `unknown` (a date of which too little is known, left missing).
    """
    codes, texts = pd.factorize(cells)
    read = days_of(pd.Series(texts, dtype=object), conventions)
    taken = _each_row(read, codes, cells.index)
    return taken.assign(unknown=taken["unknown"].eq(True))


def days_of(texts: pd.Series, conventions: Conventions) -> pd.DataFrame:
    """Do the same of distinct texts, none of which is missing."""
    texts = texts.astype(str)
    day = _plain(texts, conventions.dates)
    left = day.isna()
    imputed = pd.Series(None, index=texts.index, dtype=object)
    unknown = pd.Series(False, index=texts.index)
    for place in texts.index[left]:
        found = partial(texts[place])
        if found is None:
            continue
        if conventions.partial == "none":
            unknown[place] = True
            continue
        year, month = found
        day[place] = _imputed(year, month, conventions.partial)
        imputed[place] = "M" if month is None else "D"
    return pd.DataFrame({"day": day, "imputed": imputed, "unknown": unknown})


def _plain(texts: pd.Series, formats: tuple[str, ...]) -> pd.Series:
    """Read whole dates: those with the year first, then by the formats in their order."""
    iso = texts.str.replace(rf"^({_ISO}){_MIDNIGHT}$", r"\1", regex=True)
    parts = iso.str.extract(rf"^{_YEAR_FIRST}$")
    joined = parts[0] + "-" + parts[1].str.zfill(2) + "-" + parts[2].str.zfill(2)
    day = pd.to_datetime(joined, format="%Y-%m-%d", errors="coerce")
    for written in formats:
        left = day.isna()
        if not left.any():
            break
        day = day.fillna(_by_format(iso[left], written).reindex(texts.index))
    return day.astype("datetime64[ns]")


def why_no_format(written: str) -> str:
    """Say why a text is no format of dates; '' where it is one.

    A format holds a day, a month and a year, and is of nothing that is read otherwise without it.

    Examples
    --------
    >>> why_no_format("%d.%m.%Y"), why_no_format("excel")
    ('', '')
    >>> why_no_format("DD.MM.YYYY")
    "a format with %d, %m and %Y, or excel; did you mean '%d.%m.%Y'?"
    """
    if written in _ORIGINS or _gives_back(written):
        return ""
    words = "a format with %d, %m and %Y, or excel"
    meant = written
    for usual, letter in (("yyyy", "%Y"), ("yy", "%y"), ("mm", "%m"), ("dd", "%d")):
        meant = re.sub(usual, letter, meant, flags=re.IGNORECASE)
    return f"{words}; did you mean '{meant}'?" if _gives_back(meant) else words


def _gives_back(written: str) -> bool:
    if not set(re.findall("%(.)", written)) <= set("dmbByYjHIMSfp%"):
        return False
    day = datetime.datetime(2019, 4, 23)
    for each in (day, day.replace(day=3)):
        try:
            text = each.strftime(written)
            if datetime.datetime.strptime(text, written) != each:
                return False
        except (ValueError, re.error):
            # A letter twice is an error of the expression that strptime makes.
            return False
        otherwise = _plain(pd.Series([text], dtype=object), ()).iloc[0]
        if not (pd.isna(otherwise) or otherwise == each):
            return False
    return True


def _by_format(texts: pd.Series, written: str) -> pd.Series:
    if written in _ORIGINS:
        # Four digits that are a year are one: as the days of Excel they are of 1905.
        counted = texts.str.fullmatch(r"(?!(19|20)\d\d$)\d{4,5}(\.0+)?")
        number = pd.to_numeric(texts.where(counted))
        return pd.to_datetime(number, unit="D", origin=_ORIGINS[written], errors="coerce")
    read = pd.to_datetime(texts, format=written, errors="coerce")
    if re.search(r"%\w%", written):
        # Where nothing parts them, figures that are too few are parted somehow: 201912 is no 2
        # January 2019.
        again = read.dt.strftime(written).str.casefold()
        read = read.where(again.eq(texts.str.casefold()))
    # A time of day that the format asks for is that of the place: its day is the day.
    return read.dt.normalize()


def partial(text: str) -> tuple[int, int | None] | None:
    """Give year and month (None: not known) of a date of which the day is not known.

    Examples
    --------
    >>> partial("2018-03"), partial("2018"), partial("UN/JUN/2019"), partial("2018-03-UN")
    ((2018, 3), (2018, None), (2019, 6), (2018, 3))
    >>> partial("13/2019") is None
    True
    """
    plain = text.strip().lower().replace("年", "-").replace("月", "").replace("日", "")
    words = [word for word in re.split(r"[-/. ]+", plain.strip("-/. ")) if word]
    known = [word for word in words if word not in _UNKNOWN]
    years = [word for word in known if re.fullmatch(r"(19|20)\d{2}", word)]
    if len(years) != 1 or len(words) > 3:
        return None
    # The year stands at an end; a day that is not known stands at the other.
    if years[0] not in (words[0], words[-1]):
        return None
    rest = [word for word in known if word != years[0]]
    if not rest:
        return int(years[0]), None
    if len(rest) > 1 or (len(words) == 3 and words[1] != rest[0]):
        return None
    if rest[0] in _MONTH_WORDS:
        return int(years[0]), _MONTH_WORDS[rest[0]]
    if re.fullmatch(r"0?[1-9]|1[0-2]", rest[0]):
        return int(years[0]), int(rest[0])
    return None


def _imputed(year: int, month: int | None, rule: str) -> pd.Timestamp:
    if rule == "first":
        return pd.Timestamp(year, month or 1, 1)
    if rule == "last":
        return pd.Timestamp(year, month or 12, 1) + pd.offsets.MonthEnd(0)
    return pd.Timestamp(year, month, 15) if month else pd.Timestamp(year, 6, 30)


def span(day: pd.Timestamp, flag: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Give the first and last day that an imputed date can be."""
    if flag == "M":
        return pd.Timestamp(day.year, 1, 1), pd.Timestamp(day.year, 12, 31)
    return pd.Timestamp(day.year, day.month, 1), day + pd.offsets.MonthEnd(0)


_SHAPES: tuple[tuple[str, str], ...] = (
    (r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", "%Y"),
    (r"(\d{1,2})([./-])(\d{1,2})\2(\d{2})", "%y"),
)


def why_no_day(text: str, dates: pd.Series) -> str:
    """Say what is expected where a date could not be read, and how to say what is meant."""
    if re.fullmatch(rf"{WITH_TIME}({_ZONE})", text):
        return (
            "a day without a time of day and a time zone: elsewhere it may be the next day. Store "
            "the day as it was where the patient was"
        )
    if re.fullmatch(WITH_TIME, text):
        return (
            "a day without a time of day: elsewhere it may be the next day. Store the day as it "
            "was where the patient was, or say that it is: `dates: ['%Y-%m-%d %H:%M:%S']`"
        )
    if re.fullmatch(r"[1-6]\d{4}(\.0+)?", text):
        return (
            "a date written YYYY-MM-DD. If these are day numbers of Excel, say in dataset.yaml "
            f"`dates: [{EXCEL}]` (or `{EXCEL_1904}`, if from an old Mac)"
        )
    for shape, year in _SHAPES:
        if re.fullmatch(shape, text):
            return _which_order(shape, year, text, dates)
    if re.fullmatch(r"\d{1,2}([ /.-]?)[A-Za-z]{3}\1\d{4}", text):
        mark = re.sub(r"[0-9A-Za-z]", "", text)[:1]
        return f"a date written YYYY-MM-DD; or say `dates: ['%d{mark}%b{mark}%Y']`"
    return "a date written YYYY-MM-DD"


def _which_order(shape: str, year: str, text: str, dates: pd.Series) -> str:
    """Say which comes first, day or month, if any date of the dataset shows it."""
    texts = pd.concat([dates, pd.Series([text])]).dropna().astype(str)
    parts = texts.str.extract(f"^{shape}$").dropna()
    first, second = parts[0].astype(int).max(), parts[2].astype(int).max()
    mark = parts[1].iloc[0]
    day_first, month_first = f"%d{mark}%m{mark}{year}", f"%m{mark}%d{mark}{year}"
    start = "a date written YYYY-MM-DD; or say in dataset.yaml what these are: "
    if first > 12 >= second:
        return f"{start}`dates: ['{day_first}']`"
    if second > 12 >= first:
        return f"{start}`dates: ['{month_first}']`"
    return f"{start}`dates: ['{day_first}']` (the day first) or `dates: ['{month_first}']`"


# --- numbers --------------------------------------------------------------------------------------

_LIMIT = r"^([<>]=?|[≤≥])\s*"
_PLAIN = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
_EITHER = r"[+-]?[1-9]\d{0,2},\d{3}"
_THOUSANDS = r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"


def numbers(cells: pd.Series, conventions: Conventions) -> pd.DataFrame:
    """Read numbers, and limits of which only a side is known.

    Returns
    -------
    pandas.DataFrame
        Of the same index: `value` (float; missing where it could not be read) and `limit` (the
        sign where the value is at most, or at least, that: `<1.2`).

    Examples
    --------
    >>> numbers(pd.Series(["1.5", "<1.2", "63,5"]), Conventions(decimal=(",",)))
       value limit
    0    1.5  None
    1    1.2     <
    2   63.5  None
    """
    codes, texts = pd.factorize(cells)
    taken = _each_row(numbers_of(pd.Series(texts, dtype=object), conventions), codes, cells.index)
    return taken.assign(limit=or_none(taken["limit"]))


def or_none(values: pd.Series) -> pd.Series:
    """Give values with None for those that are missing."""
    there = values.notna().to_numpy()
    found = np.full(len(values), None, dtype=object)
    found[there] = values.to_numpy()[there]
    return pd.Series(found, index=values.index)


def numbers_of(texts: pd.Series, conventions: Conventions) -> pd.DataFrame:
    """Do the same of distinct texts, none of which is missing."""
    texts = texts.astype(str)
    # With a decimal comma a point may part thousands.
    in_figures = "," not in conventions.decimal
    is_plain = matches(texts, FIGURES) if in_figures else np.zeros(len(texts), dtype=bool)
    odd = texts[~is_plain]
    limit = odd.str.extract(_LIMIT)[0]
    plain = odd.str.replace(_LIMIT, "", regex=True).map(
        lambda text: with_point(text, conventions), na_action="ignore"
    )
    # pandas' own reader of numbers errs in the last bit of some; Arrow's does not.
    value = pd.Series(np.nan, index=texts.index)
    value[~is_plain] = plain.where(plain.str.fullmatch(_PLAIN)).map(float, na_action="ignore")
    value[is_plain] = pa.array(texts[is_plain], pa.string()).cast(pa.float64()).to_numpy()
    side = limit.map({"≤": "<=", "≥": ">=", **{sign: sign for sign in SIGNS}})
    side = side.astype(object).reindex(texts.index)
    return pd.DataFrame({"value": value.astype("float64"), "limit": side})


def _each_row(read: pd.DataFrame, codes: np.ndarray, index: pd.Index) -> pd.DataFrame:
    """Give what was read of each distinct text to the rows that hold it; a code of -1 is blank."""
    taken = read.reindex(codes)
    taken.index = index
    return taken


def with_point(text: str, conventions: Conventions) -> str:
    """Give a number with a decimal point, if the conventions say what its marks are.

    Examples
    --------
    >>> german = Conventions(decimal=(",",))
    >>> with_point("63,5", german), with_point("1.084,5", german), with_point("1,084.5", german)
    ('63.5', '1084.5', '1,084.5')
    >>> with_point("1,084.5", Conventions(decimal=(".",))), with_point("63,5", Conventions())
    ('1084.5', '63,5')

    Where both marks are declared, a comma before three digits may be either, and stays:

    >>> both = Conventions(decimal=(".", ","))
    >>> with_point("63,5", both), with_point("1,084", both)
    ('63.5', '1,084')
    """
    if "," in conventions.decimal:
        if "." in conventions.decimal and re.fullmatch(_EITHER, text):
            return text
        if re.fullmatch(r"[+-]?\d+,\d+", text):
            return text.replace(",", ".")
        if "." not in conventions.decimal and re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?", text):
            return text.replace(".", "").replace(",", ".")
        return text
    if "." in conventions.decimal and re.fullmatch(_THOUSANDS, text):
        return text.replace(",", "")
    return text


def with_points(text: str, conventions: Conventions) -> str:
    """Give a text with a decimal point in each of its numbers: `54,5Gy/18f` is `54.5Gy/18f`."""
    if "," in conventions.decimal:
        return re.sub(
            r"(?<![\d.,])\d+,\d+(?![\d.,])",
            lambda found: with_point(found[0], conventions),
            text,
        )
    return text


def decimal_comma(cells: pd.Series) -> bool:
    """Tell whether a column of numbers has decimal commas, and could have nothing else.

    Thousands have three digits behind each comma: one number that has not shows what commas are.
    """
    if not matches(cells, ",").any():
        return False
    texts = pd.Series(cells.dropna().unique(), dtype=object).astype(str)
    commas = texts[texts.str.contains(",", regex=False)]
    if commas.empty:
        return False
    with_comma = commas.str.fullmatch(r"[+-]?\d+,\d+")
    shows = commas.str.fullmatch(r"[+-]?(\d+,(\d{1,2}|\d{4,})|0,\d+|\d{4,},\d+)")
    points = texts.str.fullmatch(r"[+-]?\d+\.\d+")
    return bool(len(commas)) and bool(with_comma.all()) and bool(shows.any()) and not points.any()


def why_no_number(text: str) -> str:
    """Say how to say what is meant where a number could not be read; '' if nothing is known."""
    if re.fullmatch(_THOUSANDS, text):
        return (
            "if the comma parts thousands, say in dataset.yaml `decimal: '.'`; if it is a decimal "
            "comma, `decimal: ','`"
        )
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        return "if the comma is a decimal comma, say in dataset.yaml `decimal: ','`"
    if re.fullmatch(r"[<>≤≥]?=?\s*[\d.]+\s*[*#†a-zA-Z%/μµ]+\S*", text):
        return (
            "of a number with something behind it, say in dataset.yaml what counts: "
            r"`{from: …, take: '([<>]?[\d.]+)'}`, and `unit:` if it is a unit"
        )
    return ""


# --- yes and no -----------------------------------------------------------------------------------


def answers(cells: pd.Series, conventions: Conventions) -> pd.Series:
    """Give yes and no for what the conventions mean by them; other texts stay."""
    yes = {"yes", *(text.casefold() for text in conventions.yes)}
    no = {"no", *(text.casefold() for text in conventions.no)}

    def read(texts: pd.Series) -> pd.Series:
        plain = texts.astype(str).str.casefold()
        return texts.mask(plain.isin(no), "no").mask(plain.isin(yes), "yes")

    return by_value(cells, read)
