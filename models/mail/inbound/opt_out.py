"""Whether somebody asks by mail to be left off the list, and whether they say anything beside it. Pure.

Only what leaves no doubt unsubscribes: a whole sentence that asks for it. "Don't stop!" and "How do I unsubscribe a
user in your product?" are read by a person.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from models.mail.inbound.folding import plain_words, sentences
from models.mail.inbound.opt_out_words import (
    ABOUT_LAW,
    ASKS,
    ASKS_ABOUT_DATA,
    ASKS_ALONE,
    ASKS_HOW,
    BUT,
    GREETING,
    MENTIONS,
    POLITE,
    PRIVACY,
    REASON_TO_LEAVE,
    SIGN_OFF,
)
from models.mail.inbound.quote_words import SENT_FROM

LONGEST = 4_000
"""Characters of a text that are looked at."""
LONGEST_SENTENCE = 200
LONGEST_GREETING = 60
LINES_OF_SIGN_OFF = 8
REPLY_PREFIX = re.compile(
    r"^\s*((re|aw|sv|antw|rif|res|odp|vs|r|ynt|vá|回复|答复|回覆)\s*(\[\d+\])?\s*[:\uff1a]\s*)+", re.IGNORECASE
)
PAUSE = re.compile(r"[,\u2013\u2014\uff0c\u3001]|\s-\s|\b(?:and|so|und|daher|et|donc|y|e|en|och|og)\b", re.IGNORECASE)
"""Where one clause of a sentence ends, and another begins."""
CONTACT_DETAIL = re.compile(r"@|https?:|www\.|\+?\d[\d\s()/.-]{6,}")


class OptOut(StrEnum):
    """What a text asks of our mails."""

    NOTHING = "nothing"
    MENTION = "mention"
    """It speaks of unsubscribing, and does not ask for it: a person reads it."""
    WHOLE = "whole"
    """It asks to unsubscribe and says nothing else."""
    AND_MORE = "and more"
    """It asks to unsubscribe, and says something else that a person has to read."""
    PRIVACY = "privacy"
    """It asks for what the law gives them: to have their data deleted, or to be told of it."""


def read_opt_out(body: str, subject: str) -> OptOut:
    """What a mail asks of our mails, by its own words without the quote; by its subject where it has no other words."""
    lines = [line.strip() for line in body[:LONGEST].split("\n")]
    said = list(_sentences(lines))
    own_subject = "" if REPLY_PREFIX.match(subject) and said else REPLY_PREFIX.sub("", subject)[:LONGEST_SENTENCE]
    asks = [_asks(one) for one in said]
    if _asks_by_law(said) or (any(asks) and ABOUT_LAW.search(plain_words(body[:LONGEST]))):
        return OptOut.PRIVACY
    if _says_nothing_else(said or [own_subject]):
        return OptOut.WHOLE
    if any(asks):
        return OptOut.AND_MORE
    mentions = MENTIONS.search(plain_words(f"{own_subject}\n{body[:LONGEST]}"))
    return OptOut.MENTION if mentions else OptOut.NOTHING


def without_courtesies(text: str) -> list[str]:
    """The sentences of a text, without greeting, thanks and signature."""
    return list(_sentences([line.strip() for line in text[:LONGEST].split("\n")]))


def _sentences(lines: list[str]) -> Iterator[str]:
    said = [line for line in lines if line and not SENT_FROM.match(line)]
    is_first = True
    for number, line in enumerate(said):
        if is_first and (line := _without_greeting(line)) == "":
            continue
        if _is_sign_off(line) and len(said) - number <= LINES_OF_SIGN_OFF:
            return
        if not is_first and _is_name_or_address(line):
            continue
        is_first = False
        for sentence in sentences(line):
            yield from (part for part in BUT.split(sentence) if plain_words(part) and not _is_thanks(part))


def _is_sign_off(line: str) -> bool:
    plain = plain_words(line)
    found = SIGN_OFF.match(plain)
    # With a name behind it at the most: "Thanks for your mail" is none.
    is_one = found is not None and len(plain[found.end() :].split()) <= 2 and len(list(sentences(line))) <= 1
    return is_one and not _asks(line)


def _is_thanks(part: str) -> bool:
    # "Merci de me désabonner" begins like one.
    return bool(SIGN_OFF.fullmatch(plain_words(part))) and not _asks(part)


def _without_greeting(line: str) -> str:
    """A line without the greeting that it begins with, or is."""
    if not GREETING.match(plain_words(line)):
        return line
    greeting, mark, rest = _partition(line)
    if len(greeting) > LONGEST_GREETING:
        return line
    if mark:
        return rest.strip()
    # Without a comma a short line is all greeting: "Hi Nora".
    return "" if len(line.split()) <= 4 and not ASKS.search(plain_words(line)) else line


def _partition(line: str) -> tuple[str, str, str]:
    found = re.search(r"[,!.:\u3001\uff0c\u3002\uff01\u060c]", line)
    return (line[: found.start()], found[0], line[found.end() :]) if found else (line, "", "")


def _is_name_or_address(line: str) -> bool:
    """Whether a line is such as signatures are made of: names, a firm, a telephone number."""
    words = line.split()
    is_named = len(words) <= 5 and all(word[0].isupper() or not word[0].isalpha() for word in words)
    is_named = is_named and not line.endswith(("?", "!")) and (not line.endswith(".") or len(words) <= 3)
    return is_named or bool(CONTACT_DETAIL.search(line) and len(line) < 80)


def _asks(sentence: str) -> bool:
    """Whether a sentence asks to unsubscribe and for nothing else."""
    plain = _core(sentence)
    return bool(plain) and len(plain) <= LONGEST_SENTENCE and bool(ASKS.fullmatch(plain))


def _says_nothing_else(said: list[str]) -> bool:
    """Whether sentences ask to unsubscribe and give at the most a reason for it. "Yes, please!" asks for nothing."""
    parts = [part for one in said for part in ([one] if _asks(one) else PAUSE.split(one))]
    asks = [_asks(part) or bool(ASKS_ALONE.fullmatch(_core(part))) for part in parts]
    return any(asks) and all(ask or _is_courtesy(part) for ask, part in zip(asks, parts, strict=True))


def _is_courtesy(part: str) -> bool:
    """Whether words are only polite, or say why somebody wants no mail."""
    plain = _core(part)
    return not plain or _is_thanks(part) or bool(REASON_TO_LEAVE.fullmatch(plain))


def _asks_by_law(said: list[str]) -> bool:
    plain = [plain_words(one) for one in said]
    return any(ASKS_ABOUT_DATA.search(one) or (PRIVACY.search(one) and not ASKS_HOW.match(one)) for one in plain)


def _core(sentence: str) -> str:
    """A sentence without the words that are only polite."""
    return " ".join(POLITE.sub(" ", plain_words(sentence)).split())
