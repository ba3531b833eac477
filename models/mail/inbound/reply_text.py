"""The text of a reply without the quoted mail, and whether it only asks to unsubscribe. Pure."""

import re
from collections.abc import Iterable
from functools import cache
from re import Pattern

from mailparser_reply import EmailMessage
from mailparser_reply.constants import MAIL_LANGUAGES

# The patterns for "On Monday Nora wrote:" in a dozen languages are slow on text that is made to slow them down.
LINES_LOOKED_AT = 150
WIDTH_LOOKED_AT = 200
LONGEST = 100_000

RULE = re.compile(r"[\s_*-]{5,}")
SENT_FROM = re.compile(r"^(sent from|get outlook|gesendet von|von meinem|envoyé de|enviado desde|inviato da)\b.*", re.I)

# Whole texts, without punctuation. A sentence with more in it is for a person to read, such as "stop by on Monday".
STOP = {
    *("unsubscribe", "unsubscribe me", "please unsubscribe", "please unsubscribe me", "unsubscribe please"),
    *(
        "stop",
        "please stop",
        "stop it",
        "stop please",
        "stop emailing me",
        "stop mailing me",
        "please stop emailing me",
    ),
    *("remove", "remove me", "please remove me", "remove me from your list", "please remove me from your list"),
    *("remove me from this list", "please remove me from this list", "take me off your list", "opt out", "optout"),
    *("please take me off your list", "take me off this list", "no more emails", "no more mails", "do not email me"),
    *("abmelden", "bitte abmelden", "abbestellen", "bitte abbestellen", "désabonner", "me désabonner"),
    *("désinscription", "baja", "darse de baja", "cancelar suscripción", "disiscrivimi", "cancellami", "uitschrijven"),
}


def reply_text(text: str) -> str:
    """The text above the quoted mail, else below it; the whole text where both are empty."""
    lines = [line.rstrip() for line in text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    cut = _quote_begins_at(lines)
    above = _tidy(line for line in lines[:cut] if not line.lstrip().startswith(">"))
    if above:
        return above
    # Answered below the quote. The line that introduces it is left out where one was found.
    below = _tidy(line for line in lines[cut + 1 :] if not line.lstrip().startswith(">"))
    return below or _tidy(lines)


def is_opt_out(body: str, subject: str) -> bool:
    """Whether the text asks to unsubscribe and for nothing else, or is empty under a subject that does."""
    plain = _plain(line for line in body.split("\n") if not SENT_FROM.match(line))
    return plain in STOP or (not plain and _plain([re.sub(r"^\s*(re|aw)\s*:", "", subject, flags=re.I)]) in STOP)


def _quote_begins_at(lines: list[str]) -> int:
    """The line that introduces the quote; the number of lines when there is none."""
    looked_at = "\n".join(line[:WIDTH_LOOKED_AT] for line in lines[:LINES_LOOKED_AT])
    found = _introduction().search(looked_at)
    if found is None:
        return len(lines)
    first = found.start() + len(found[0]) - len(found[0].lstrip("\n"))
    return looked_at.count("\n", 0, first)


@cache
def _introduction() -> Pattern[str]:
    """`On ... wrote:`, `Von: ... Gesendet: ...` and the like."""
    return EmailMessage(text="", languages=list(MAIL_LANGUAGES)).HEADER_REGEX


def _tidy(lines: Iterable[str]) -> str:
    kept = list(lines)
    while kept and (not kept[-1].strip() or RULE.fullmatch(kept[-1])):
        kept.pop()
    return "\n".join(kept).strip()


def _plain(lines: Iterable[str]) -> str:
    words = " ".join(lines)
    return " ".join(re.sub(r"[^\w\s]", " ", words.casefold()).split())
