"""Reads how many people a company has, which forms ask for in ranges: of a range the lower end. Pure."""

import re
from typing import Any

from models.values.readers.bad_value import BadValue
from models.values.readers.number import LONGEST_NUMBER, plain, read_number

MOST_EMPLOYEES = 10_000_000
EXPECTED = "a number of people such as 50, or a range such as 51-200"

NOUNS = (
    *("employees", "employee", "people", "persons", "staff", "fte", "ftes", "workers", "team members", "users"),
    *("mitarbeiter", "mitarbeitende", "beschäftigte", "personen", "salariés", "employés", "personnes"),
    *("empleados", "personas", "dipendenti", "persone", "funcionários", "colaboradores", "pessoas"),
    *("medewerkers", "werknemers", "anställda", "ansatte", "medarbejdere", "pracowników"),
)
ABOUT = ("about", "approx.", "approx", "approximately", "around", "circa", "ca.", "ca", "c.", "~", "≈", "etwa", "rund")
AT_LEAST = ("at least", "from", "min.", "min", "≥", ">=", "ab", "mindestens", "au moins", "al menos", "almeno", "minst")
MORE_THAN = (
    "more than",
    "over",
    "above",
    ">",
    "mehr als",
    "über",
    "plus de",
    "más de",
    "più di",
    "mais de",
    "meer dan",
)
LESS_THAN = (
    *("less than", "fewer than", "under", "below", "up to", "at most", "max.", "max", "<", "<=", "≤", "bis", "bis zu"),
    *("weniger als", "unter", "moins de", "jusqu'à", "menos de", "hasta", "meno di", "até", "minder dan", "tot"),
)
OR_MORE = (
    "+",
    "or more",
    "and more",
    "and above",
    "and up",
    "plus",
    "oder mehr",
    "und mehr",
    "et plus",
    "o más",
    "o più",
)
BETWEEN = ("between", "from", "de", "entre", "zwischen", "von", "da", "tra", "van", "tussen")
TO = ("-", "to", "and", "bis", "und", "à", "a", "et", "y", "e", "tot", "en", "~", "..", "...", "…")


def _any_of(words: tuple[str, ...]) -> str:
    """A pattern for one of these, the longest first; words keep a distance from what is beside them."""
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word) + (r"(?!\w)" if word[-1].isalpha() else "") for word in longest_first)


NUMBER = r"\d[\d.,' ]*(?:[^\W\d]+\.?)?"
NOUN = re.compile(rf"\s*(?:{_any_of(NOUNS)})$")
RANGE = re.compile(rf"(?:(?:{_any_of(BETWEEN)})\s*)?(?P<low>{NUMBER}?)\s*(?:{_any_of(TO)})\s*(?P<high>{NUMBER})")
OPEN_ENDED = re.compile(
    rf"(?:(?P<less>{_any_of(LESS_THAN)})|(?P<more>{_any_of(MORE_THAN)})|(?:{_any_of(AT_LEAST + ABOUT)}))?\s*"
    rf"(?P<number>{NUMBER}?)\s*(?:{_any_of(OR_MORE)})?"
)


def read_employees(value: Any, country: str = "US") -> int:
    """The number of people in what somebody wrote, BadValue when it is not clear.

    Of a range it is the lower end: 51 of `51-200`, 1000 of `1,000+`, 501 of `> 500`, 1 of `<10`, as every company has
    somebody. `10-50k` is refused: its lower end may be ten or ten thousand.
    """
    if not isinstance(value, str):
        return _people(value, value, country)
    if len(value) > LONGEST_NUMBER:
        raise BadValue(value, EXPECTED)
    text = NOUN.sub("", " ".join(plain(value).casefold().split()))
    if span := RANGE.fullmatch(text):
        return _lower_end(value, span["low"], span["high"], country)
    found = OPEN_ENDED.fullmatch(text)
    if not found:
        raise BadValue(value, EXPECTED)
    number = _people(value, found["number"], country)
    if found["less"]:
        # Read all the same, so that `<many` is not taken for one.
        return min(1, number)
    return number + 1 if found["more"] else number


def _lower_end(value: Any, low: str, high: str, country: str) -> int:
    has_unit = [bool(re.search(r"[^\W\d]", end)) for end in (low, high)]
    ends = [_people(value, end, country) for end in (low, high)]
    if has_unit == [False, True] or ends[0] >= ends[1]:
        raise BadValue(value, EXPECTED)
    return ends[0]


def _people(value: Any, number: Any, country: str) -> int:
    try:
        count = read_number(number, country, places=0, expected=EXPECTED)
    except BadValue as error:
        raise BadValue(value, error.expected) from None
    if count != int(count) or not 0 <= count <= MOST_EMPLOYEES:
        raise BadValue(value, f"{EXPECTED}, up to {MOST_EMPLOYEES:,}")
    return int(count)
