"""Reads names of people: titles and suffixes apart, turned if family names come first, in the case one writes. Pure.

What is no name of one person (a company, a link, a sentence, a filler) is refused. What may be turned either way is
kept whole as the last name, so that a mail greets nobody by their family name.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

from models.values.readers.bad_value import BadValue
from models.values.readers.name_words import (
    COMMA_SUFFIXES,
    COMPANY_WORDS,
    DOUBTFUL_LEGAL_FORMS,
    DOUBTFUL_TITLES,
    FAMILY_NAME_FIRST,
    FAMILY_NAMES,
    FILLERS,
    HONORIFIC_ENDINGS,
    JOB_WORDS,
    JOINED_TO_NEXT,
    LEGAL_FORMS,
    PARTICLES,
    SENTENCE_WORDS,
    SUFFIXES,
    SUFFIXES_IN_LATIN,
    TITLES,
)
from models.values.readers.text import clean_text, without_invisible

EXPECTED = "a person's name"
LONGEST_NAME = 80
LONGEST_REMARK = 80
"""What may stand beside it in brackets."""
MOST_WORDS = 7
LINK = re.compile(r"://|www\.|@|\b[\w-]{2,}\.(?:com|net|org|info|biz|ru|cn|io|co|de|xyz|top|site|online|shop)\b", re.I)
NO_LETTERS_OF_NAMES = re.compile(r"[<>{}\[\]|\\^~=+*#$%€£?!;:_…0-9]")
BESIDE = re.compile(r"\s*(?:\([^()]*\)|\"[^\"]*\"|“[^”]*”|«[^»]*»)\s*")
"""Nicknames and pronouns: Robert (Bob) Smith, Ann Lee (she/her)."""
SEVERAL = re.compile(r"\s(?:&|and|und|et|og|och|en|и)\s|^\S+\s[yei]\s|[/&]", re.I)
INITIAL = re.compile(r"[^\W\d_]\.?|(?:[^\W\d_]\.-?){2,}")
THE_TITLE = re.compile(r"^the (?=(?:rt\.? )?(?:hon|rev|very|most)\w*)", re.I)
LEFT_BY_PROGRAMS = re.compile(r"\b(?:null|undefined|nan)\b")
"""What a program writes for a part that it does not have, in small letters: Ann null."""
FAMILY_PREFIX = re.compile(r"O'[^\W\d_]{3,}", re.I)
"""Only family names begin so: O'Brien Patrick."""
EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc`\u00b4", "'"))


class FullName(NamedTuple):
    """A person's name; what is not known of it is None."""

    first: str | None
    last: str | None


def read_full_name(value: Any, country: str = "US") -> FullName:
    """First and last name of the person in a field for both; BadValue when it is no name of a person.

    `country` is the person's, two letters: in some, many write the family name first.
    """
    text = _person_in(value, _plain_name(value))
    if EAST_ASIAN.search(text) or SEVERAL.search(text):
        return FullName(None, text)
    words, is_turned = _in_order(text)
    words = _without_endings(_without_titles(words))
    if not words:
        raise BadValue(value, EXPECTED)
    if len(words) == 1 and not is_turned and _has_title(text):
        return FullName(None, in_case(words[0]))
    return _split(words, country, is_turned=is_turned)


def read_first_name(value: Any) -> str:
    """A first name by itself, without titles; BadValue when it is no name."""
    words = _without_titles(_person_in(value, _plain_name(value)).split())
    if not words:
        raise BadValue(value, EXPECTED)
    return in_case(" ".join(words))


def read_last_name(value: Any) -> str:
    """A last name by itself, without titles and suffixes; BadValue when it is no name."""
    parts = [part.strip() for part in _plain_name(value, is_last=True).split(",")]
    words = _without_endings(_without_titles(" ".join(part for part in parts if not _is_suffix(part)).split()))
    if not words:
        raise BadValue(value, EXPECTED)
    return in_case(" ".join(words), is_last=True)


@lru_cache(maxsize=10_000)
def greeting(first_name: str | None) -> str | None:
    """What a mail may call a person by, None for nothing: an initial, a title or a filler greets nobody.

    Names that were kept before they were read are put in order here, too.
    """
    try:
        name = read_first_name(first_name or "")
    except BadValue:
        return None
    if EAST_ASIAN.search(name) or SEVERAL.search(name):
        return None
    words = [word for word in name.split() if not INITIAL.fullmatch(word)]
    return " ".join(words) or None


def company_in(text: str) -> bool:
    """Whether a text names a company: it ends with a legal form, or with what only companies are called."""
    words = re.sub(r"[,()]", " ", text).split()
    keys = [_key(word) for word in words]
    if any(form in text for form in LEGAL_FORMS if EAST_ASIAN.search(form)):
        return True
    if len(words) < 2:
        return False
    last = keys[-1]
    if last in COMPANY_WORDS or "".join(keys[-3:]).endswith(("spzoo", "sadecv", "sderl", "sdnbhd")):
        return True
    if last in DOUBTFUL_LEGAL_FORMS:
        is_marked = words[-1].endswith(".") or (words[-1].isupper() and not text.isupper())
        return is_marked or "&" in words
    return not (LEGAL_FORMS - DOUBTFUL_LEGAL_FORMS).isdisjoint(keys)


def _person_in(value: Any, text: str) -> str:
    """The text without the company of a person, `Ann Lee, Acme Inc.`; BadValue if a company is all there is."""
    parts = text.split(",")
    people = [part for part in parts if len(part.split()) < 2 or not company_in(part)]
    text = ",".join(people) if len(people) < len(parts) else text
    if not text.strip() or company_in(text):
        raise BadValue(value, f"{EXPECTED}, not a company's,")
    return text


def in_case(name: str, *, is_last: bool = False) -> str:
    """A name in the letters one writes it with, when it was typed in capitals or in small letters throughout.

    What has both stays as it is: McDonald, DeShawn, van der Berg.
    """
    letters = [letter for letter in name if letter.isalpha()]
    if all(re.fullmatch(r"[a-z][A-Z]{2,}", word) for word in name.split()):
        return name.swapcase()  # typed with the capitals locked
    if not letters or not (name.isupper() or name.islower()):
        return name
    words = name.split(" ")
    return " ".join(_word_in_case(word, at, len(words), is_last=is_last) for at, word in enumerate(words))


def _word_in_case(word: str, at: int, count: int, *, is_last: bool) -> str:
    small = _small(word)
    if small in PARTICLES and at < count - 1 and (is_last or at > 0):
        return small
    if word.isupper() and len(word) <= 3 and not re.search("[AEIOUYÄÖÜÅÆØÉ]", word):
        return word  # initials that are called by: JP, TJ, DJ
    written = "".join(_capital(part) for part in re.split(r"([-'.])", small))
    return f"İ{written[1:]}" if word.startswith("İ") else written


def _capital(part: str) -> str:
    if re.fullmatch(r"mc[a-zà-ÿ]{3,}", part):
        return f"Mc{part[2:].capitalize()}"
    return part[:1].upper() + part[1:]


def _small(word: str) -> str:
    """In small letters; a Turkish capital I with a dot becomes a plain i."""
    return word.replace("İ", "i").lower()


def _plain_name(value: Any, *, is_last: bool = False) -> str:
    """The text on one line, or BadValue for what no name has: links, signs, pictures, sentences."""
    if len(clean_text(value)) > LONGEST_NAME + LONGEST_REMARK:
        raise BadValue(value, EXPECTED)
    shown = _without_pictures(unicodedata.normalize("NFC", without_invisible(clean_text(value)).translate(APOSTROPHES)))
    text = THE_TITLE.sub("", _without_remarks(" ".join(shown.split())))
    text = text if text.islower() else LEFT_BY_PROGRAMS.sub("", text)
    words = [_key(word) for word in text.split()]
    is_sentence = len(words) > MOST_WORDS or (len(words) > 2 and not SENTENCE_WORDS.isdisjoint(words))
    signs = re.sub(r"\b(?:2nd|3rd|4th)\b", "", text)
    if not words or len(text) > LONGEST_NAME or is_sentence or LINK.search(text) or NO_LETTERS_OF_NAMES.search(signs):
        raise BadValue(value, EXPECTED)
    if any(unicodedata.category(letter) in ("So", "Sk", "Cs", "Co", "Cc", "Cn") for letter in text):
        raise BadValue(value, EXPECTED)
    if not any(letter.isalpha() for letter in text) or (not is_last and _is_filler(words)):
        raise BadValue(value, EXPECTED)
    return text


def _without_pictures(text: str) -> str:
    """The text without emoji at its ends, as a phone's keyboard puts them behind a name."""
    shown = [at for at, letter in enumerate(text) if not (letter.isspace() or _is_picture(letter))]
    return text[shown[0] : shown[-1] + 1] if shown else ""


def _is_picture(letter: str) -> bool:
    # Emoji are put together of symbols, skin tones, joiners and marks of how they are drawn.
    return unicodedata.category(letter) in ("So", "Sk") or letter in "\u200d\ufe0e\ufe0f"


def _is_filler(words: list[str]) -> bool:
    def is_one(word: str) -> bool:
        return word in FILLERS or (len(word) > 2 and len(set(word)) == 1)

    return all(map(is_one, words))


def _without_remarks(text: str) -> str:
    return " ".join(BESIDE.sub(" ", text).split()).strip(" ,;-") or text


def _in_order(text: str) -> tuple[list[str], bool]:
    """The words with the first name first, and whether the writer had turned them: `Smith, John, Jr.`"""
    given = [part for each in text.split(",") if (part := each.strip())]
    parts = [part for part in given if part == given[0] or not _is_suffix(part, of=given[0])]
    if len(parts) < 2 or not JOB_WORDS.isdisjoint(map(_key, parts[1].split())) or company_in(parts[1]):
        return (parts[0].split() if parts else []), False
    family = _without_endings(_without_titles(parts[0].split()))
    return [*_without_titles(parts[1].split()), *family], True


def _split(words: list[str], country: str, *, is_turned: bool) -> FullName:
    """First and last name of words that hold a name alone."""
    whole = " ".join(words)
    if len(words) > 1 and not is_turned:
        if capitals := _family_in_capitals(words):
            return capitals
        is_family = _key(words[0]) in FAMILY_NAMES or FAMILY_PREFIX.match(words[0])
        if country in FAMILY_NAME_FIRST or is_family:
            return FullName(None, in_case(whole))
    count = 1
    while count < len(words) - 1 and INITIAL.fullmatch(words[count - 1]):
        count += 1
    if count < max(2, len(words) - 1) and count < len(words) and _key(words[count - 1]) in JOINED_TO_NEXT:
        count += 1
    rest = words[count:]
    if len(rest) > 1 and INITIAL.fullmatch(rest[0]) and _key(rest[0]) not in PARTICLES:
        rest = rest[1:]  # a middle initial: John Q. Public
    first, last = " ".join(words[:count]), re.sub(r"(?<=\w\w)\.$", "", " ".join(rest))
    return FullName(in_case(first), in_case(last, is_last=True) or None)


def _family_in_capitals(words: list[str]) -> FullName | None:
    """`DUPONT Jean` and `Jean DUPONT`: the family name is the one in capitals, where the other is not."""
    loud = [word.isupper() and (len(word) > 2 or _key(word) in PARTICLES) and "." not in word for word in words]
    count = sum(loud)
    if not 0 < count < len(words):
        return None
    if all(loud[:count]):
        family, given = words[:count], words[count:]
    elif all(loud[-count:]):
        family, given = words[-count:], words[:-count]
    else:
        return None
    return FullName(" ".join(given), in_case(" ".join(family), is_last=True))


def _without_titles(words: list[str]) -> list[str]:
    while words and _is_title(words[0], len(words)):
        words = words[1:]
    return words


def _is_title(word: str, count: int) -> bool:
    key = _key(word)
    if key in DOUBTFUL_TITLES:
        return (word.endswith(".") and count > 1 and (len(key) > 1 or count > 2)) or count > 2
    return key in TITLES


def _has_title(text: str) -> bool:
    words = text.split()
    return _is_title(words[0], len(words)) or _key(words[-1].rpartition("-")[2]) in HONORIFIC_ENDINGS


def _without_endings(words: list[str]) -> list[str]:
    """The words without suffixes and titles at the end."""
    name, hyphen, title = words[-1].rpartition("-") if words else ("", "", "")
    if hyphen and title in HONORIFIC_ENDINGS:
        words = [*words[:-1], name]
    while len(words) > 1:
        key = _key(words[-1])
        is_family = key in SUFFIXES_IN_LATIN and not words[-1].endswith(".")
        if (key not in SUFFIXES and key not in HONORIFIC_ENDINGS) or is_family:
            break
        words = words[:-1]
    return words


def _is_suffix(part: str, of: str = "") -> bool:
    """Whether a part between commas is nothing but suffixes: `Jr.`, `MD PhD`, or looks like one behind a whole name."""
    looks_like_one = re.fullmatch(r"[B-DF-HJ-NP-TV-Z]{2,6}|[A-Z][A-Za-z]{0,3}\.[A-Za-z.]{1,6}", part) is not None
    if looks_like_one and len(of.split()) > 1 and not of.isupper():
        return True
    return all(_key(word) in (SUFFIXES | COMMA_SUFFIXES) - SUFFIXES_IN_LATIN for word in part.split())


def _key(word: str) -> str:
    """A word in small letters without full stops and commas."""
    return _small(word).replace(".", "").strip(",;'\"\u2019")
