"""What somebody wrote in an answer, without the mail that they quote and without their signature. Pure.

Answers stand above the quote, below it, and between its parts. A line that begins with ">" is quoted, and so is all
below a line that introduces a quote, unless the next lines begin with ">". What cannot be told apart is kept.
"""

import re
from collections.abc import Iterable, Sequence
from enum import Enum, auto

from models.mail.inbound.quote_words import (
    BEGINNING,
    ENDS_BY_VERB,
    FIELDS,
    FORWARD_PREFIX,
    FORWARDED_LINE,
    ORIGINAL_LINE,
    SENT_FROM,
    VERB,
    VERB_OF_CJK,
)

LONGEST = 100_000
"""Characters of a text that are read."""
LONGEST_INTRODUCTION = 500
LINES_OF_INTRODUCTION = 6
LINES_OF_HEADERS = 14
LINES_OF_SIGNATURE = 15

INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"))
RULE = re.compile(r"[\s_*=\u2014\u2500-]{4,}")
ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]{1,100}@[^\s<>()\[\]\"',;:]{1,100}")
YEAR = re.compile(r"\b\d{4}\b|\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{1,4}|\d{4}\s?[年년]")
TIME = re.compile(r"\b\d{1,2}\s?[:.hH時时시]\s?\d{2}\b")
ENDS_BY_ADDRESS = re.compile(r"@[^\s@]{1,200}[>)\]]?\s*[:\uff1a][-*\s\])]*$")
ENDS_LIKE_ONE = re.compile(r"([:\uff1a]|--)[-*\s>\])]*$")
QUOTED = re.compile(r"^\s*([>\uff1e]|\|(?![^\n]*\|\s*$))")
LEFTOVER_OF_ADDRESS = re.compile(r"^\s*>\s?(\S{1,20}\s?){0,3}[:\uff1a]\s*$")
"""The end of an introduction whose address was wrapped in front of its last bracket."""
DAY = re.compile(r"^\W{0,3}(\w{2,12}\W{1,3}){0,2}\d{1,4}(?![\w+.-]*@)\W")
WRAPPED_AT = 65
"""From this width on programs wrap lines, and what they wrap of a quoted line loses its mark."""
FIELD = re.compile(r"^[\s*_|]*(?P<name>[^\W\d_][^:\uff1a\n*]{0,24}?)[\s*]*[:\uff1a][\s*]*(?P<value>.*)$")
SHARED_LINE = re.compile(
    r"^(?P<own>[^>\s].*?)[\s-]*\b(?P<rest>On (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}, [^:]{4,60}\d:\d\d"
    r".{1,150}wrote:)$"
)


class _Line(Enum):
    OWN = auto()
    EMPTY = auto()
    QUOTED = auto()
    """It begins with ">"."""
    INTRODUCTION = auto()
    """`On Monday Nora wrote:`, a block of From, Sent and To, or "original message"."""


def reply_text(text: str, subject: str = "") -> str:
    """What they wrote themselves; empty when that is a signature alone.

    A forwarded mail is what they want to show, so it is kept. So is the whole text where nothing but a quote is found.
    """
    lines = _lines(text)
    if FORWARD_PREFIX.match(subject):
        return _tidy(lines)
    own = _own_lines(lines)
    written = _tidy(_without_last_line(line for part in own for line in _without_signature(part)))
    return written if written or any(line.strip() for part in own for line in part) else _tidy(lines)


def _lines(text: str) -> list[str]:
    whole = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").translate(INVISIBLE)
    found: list[str] = []
    for line in whole.split("\n"):
        shared = SHARED_LINE.match(line) if "wrote:" in line and len(line) < LONGEST_INTRODUCTION else None
        found += [shared["own"], shared["rest"]] if shared else [line.rstrip()]
    return found


def _own_lines(lines: Sequence[str]) -> list[list[str]]:
    """The lines that are neither quoted nor introduce a quote, in parts; a forwarded mail is the last part, whole."""
    kinds = _kinds(lines)
    parts: list[list[str]] = [[]]
    number = 0
    while number < len(lines):
        kind = kinds[number]
        if kind is _Line.OWN and FORWARDED_LINE.match(lines[number]):
            return [*parts, list(lines[number:])]
        if kind is _Line.INTRODUCTION:
            number = _end_of(kinds, number, _Line.INTRODUCTION)
            if _next(kinds, number) is not _Line.QUOTED:
                # What is below carries no mark, so nothing tells the quote from an answer.
                return parts
        elif kind is _Line.QUOTED:
            number = _end_of(kinds, number, _Line.QUOTED)
            parts.append([])
        else:
            parts[-1].append(lines[number])
            number += 1
    return parts


def _kinds(lines: Sequence[str]) -> list[_Line]:
    kinds = [_Line.EMPTY if not line.strip() else _Line.QUOTED if _is_quoted(line) else _Line.OWN for line in lines]
    for number, line in enumerate(lines):
        if kinds[number] is not _Line.OWN:
            continue
        if number and kinds[number - 1] is _Line.QUOTED and _is_rest_of_quote(lines[number - 1], line):
            kinds[number] = _Line.QUOTED
        elif ORIGINAL_LINE.match(line):
            _mark(kinds, _with_rule_above(lines, number), number)
        elif (end := _header_block(lines, kinds, number)) is not None:
            _mark(kinds, _with_rule_above(lines, number), end)
        elif (start := _introduction(lines, kinds, number)) is not None:
            _mark(kinds, start, number)
    return kinds


def _mark(kinds: list[_Line], first: int, last: int) -> None:
    kinds[first : last + 1] = [_Line.INTRODUCTION] * (last + 1 - first)


def _is_quoted(line: str) -> bool:
    if not QUOTED.match(line):
        return False
    return len(line) > 80 or not LEFTOVER_OF_ADDRESS.match(line) or not (ENDS_BY_VERB.search(line) or ">:" in line)


def _is_rest_of_quote(above: str, line: str) -> bool:
    """Whether a line is what was wrapped off the quoted line above: that line is full, and its sentence goes on."""
    first_word = line.split(maxsplit=1)[0]
    is_full = len(above) + len(first_word) >= WRAPPED_AT
    return is_full and above.rstrip()[-1] not in '.?!:;)>"' and (first_word[0].islower() or "://" in above)


def _end_of(kinds: Sequence[_Line], number: int, kind: _Line) -> int:
    while number < len(kinds) and kinds[number] is kind:
        number += 1
    return number


def _next(kinds: Sequence[_Line], number: int) -> _Line | None:
    """The kind of the next line that is not empty."""
    following = (kinds[one] for one in range(number, len(kinds)))
    return next((kind for kind in following if kind is not _Line.EMPTY), None)


def _with_rule_above(lines: Sequence[str], number: int) -> int:
    """The line where a quote begins: a rule, or a line such as "Original message", may stand above its headers."""
    first = number
    for above in range(number - 1, max(number - 4, -1), -1):
        if RULE.fullmatch(lines[above]) and lines[above].strip():
            first = above
        elif lines[above].strip():
            break
    return first


# Blocks of From, Sent, To and Subject.


def _header_block(lines: Sequence[str], kinds: Sequence[_Line], first: int) -> int | None:
    """The last line of a block of headers that begins here; None when none does."""
    if _field(lines[first]) is None:
        return None
    found: dict[str, str] = {}
    last, strange = first, 0
    for number in range(first, min(first + LINES_OF_HEADERS, len(lines))):
        field = _field(lines[number]) if kinds[number] is _Line.OWN else None
        if field is not None and field[0] not in found:
            found[field[0]] = field[1]
            last, strange = number, 0
        elif (strange := strange + 1) > 2:
            break
    return last if _are_headers(found) else None


def _field(line: str) -> tuple[str, str] | None:
    """The field of a header and its value, by the words of many languages."""
    if ":" not in line and "\uff1a" not in line:
        return None
    found = FIELD.match(line[:LONGEST_INTRODUCTION].replace("\xa0", " "))
    field = FIELDS.get(" ".join(found["name"].casefold().split())) if found else None
    return (field, found["value"]) if field and found else None


def _are_headers(found: dict[str, str]) -> bool:
    """Whether these are headers of a mail, and not the answers of somebody who fills in where from and where to."""
    has_address = any("@" in value for value in found.values())
    if len(found) >= 3:
        return has_address or "subject" in found
    has_date = bool(TIME.search(found.get("date", "")) or YEAR.search(found.get("date", "")))
    return len(found) == 2 and has_address and has_date


# Lines such as "On Monday, 2 March 2026 at 9:00 Nora wrote:".


def _introduction(lines: Sequence[str], kinds: Sequence[_Line], last: int) -> int | None:
    """The first line of an introduction that ends with this line; None when none does."""
    if not _may_end(lines[last]):
        return None
    is_followed = _next(kinds, last + 1) is _Line.QUOTED
    whole = ""
    start = None
    for number in range(last, max(last - LINES_OF_INTRODUCTION, -1), -1):
        if number != last and kinds[number] not in (_Line.OWN, _Line.EMPTY):
            break
        whole = f"{lines[number].strip()} {whole}".strip().replace("\xa0", " ")
        if len(whole) > LONGEST_INTRODUCTION:
            break
        begins = _begins(lines[number])
        if kinds[number] is not _Line.EMPTY and _is_introduction(whole, is_followed=is_followed, begins=begins):
            start = number if start is None or begins else start
            if begins and not _goes_on(lines, number):
                break
        elif start is not None and kinds[number] is _Line.EMPTY and not _goes_on(lines, number):
            break
    return start


def _goes_on(lines: Sequence[str], number: int) -> bool:
    """Whether a line seems to be wrapped off the one above: that ends with a comma, or within an address."""
    above = next((lines[one].strip() for one in range(number - 1, max(number - 3, -1), -1) if lines[one].strip()), "")
    below = lines[number + 1].strip() if not lines[number].strip() else ""
    return above.endswith(("<", "(", ",")) or below == "<"


def _may_end(line: str) -> bool:
    plain = line.strip()[-200:]
    return bool(ENDS_LIKE_ONE.search(plain) or ENDS_BY_VERB.search(plain) or plain.endswith(">"))


def _begins(line: str) -> bool:
    """Whether a line looks like the first of an introduction: `On ...`, a day or a moment."""
    plain = line.strip()
    return bool(BEGINNING.match(plain[:60]) or DAY.match(plain[:60]))


def _is_introduction(whole: str, *, is_followed: bool, begins: bool) -> bool:
    """Whether lines introduce a quote; those that a quote follows need less to show it."""
    has_address = bool(ADDRESS.search(whole))
    has_moment = bool(YEAR.search(whole) or TIME.search(whole))
    says_wrote = bool(VERB.search(whole) or VERB_OF_CJK.search(whole))
    ends_by_verb = bool(ENDS_BY_VERB.search(whole)) and says_wrote
    ends = bool(ENDS_LIKE_ONE.search(whole))
    if has_address and has_moment and (ENDS_BY_ADDRESS.search(whole) or (is_followed and whole.endswith(">"))):
        return True
    if ends_by_verb and (has_address or (has_moment and begins) or whole.startswith("---")):
        return True
    if says_wrote and ends and has_moment and (has_address or (begins and bool(TIME.search(whole)))):
        return True
    return is_followed and ends and ((says_wrote and len(whole) < 200) or (has_address and begins))


# Signatures.


def _without_signature(part: Sequence[str]) -> Sequence[str]:
    """The lines above "-- ". What is too long for a signature is none."""
    begin, below = len(part), 0
    for number in reversed(range(len(part))):
        line = part[number].strip()
        begin = number if line == "--" else begin
        below += bool(line)
        if below > LINES_OF_SIGNATURE:
            break
    return part if begin == len(part) else [*part[:begin], ""]


def _without_last_line(lines: Iterable[str]) -> list[str]:
    """The lines without what a telephone puts under a mail."""
    kept = list(lines)
    while kept and (not kept[-1].strip() or RULE.fullmatch(kept[-1]) or SENT_FROM.match(kept[-1])):
        kept.pop()
    return kept


def _tidy(lines: Iterable[str]) -> str:
    kept = list(lines)
    while kept and (not kept[-1].strip() or RULE.fullmatch(kept[-1])):
        kept.pop()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
