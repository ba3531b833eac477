"""Answers to invitations (iCalendar, RFC 5545 and 5546), as calendars send them. Pure."""

import re
from dataclasses import dataclass

LONGEST = 200_000
ANSWERS = {
    "ACCEPTED": "accepted the invitation",
    "DECLINED": "declined the invitation",
    "TENTATIVE": "tentatively accepted the invitation",
}
PROPERTY = r"^{name}(?:;[^:\r\n]*)?:(?P<value>.*)$"
# These write the text of the mail themselves; other calendars leave it to the person.
WRITES_THE_TEXT = re.compile(r"google|apple|yahoo|zimbra|fastmail|zoho", re.IGNORECASE)


@dataclass(frozen=True)
class CalendarAnswer:
    """What a person's calendar answers to an invitation."""

    words: str
    """Such as `accepted the invitation “Demo”`."""
    comment: str
    """What the person wrote with it; empty mostly."""
    writes_the_text: bool
    """The calendar writes the text of the mail, so that it is not the person's."""


def read_calendar_answer(calendar: str) -> CalendarAnswer | None:
    """The answer in a calendar object; None for invitations, proposals of another time, and anything else."""
    lines = re.sub(r"\r?\n[ \t]", "", calendar[:LONGEST])
    said = re.search(r"^ATTENDEE[^\r\n]*?;PARTSTAT=\"?(?P<value>[A-Z-]+)", lines, re.MULTILINE | re.IGNORECASE)
    answer = ANSWERS.get(said["value"].upper()) if said else None
    if _value(lines, "METHOD").upper() != "REPLY" or answer is None:
        return None
    summary = _value(lines, "SUMMARY")
    words = f"{answer} \u201c{summary}\u201d" if summary else answer
    return CalendarAnswer(words, _value(lines, "COMMENT"), bool(WRITES_THE_TEXT.search(_value(lines, "PRODID"))))


def _value(lines: str, name: str) -> str:
    found = re.search(PROPERTY.format(name=name), lines, re.MULTILINE | re.IGNORECASE)
    if found is None:
        return ""
    text = found["value"].strip().replace("\\n", "\n").replace("\\N", "\n")
    return re.sub(r"\\([,;\\])", r"\1", text)
