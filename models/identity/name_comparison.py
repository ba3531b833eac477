"""Whether two names can be those of one person. Pure.

Names differ in a hundred ways that mean nothing: nicknames, initials, capitals, accents, typos, turned round, a middle
name, a part that is missing. Two names are plainly different only when nothing of that explains the difference.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product

from nicknames import NickNamer
from rapidfuzz.distance import OSA

from models.identity.foreign_nicknames import FOREIGN_NICKNAMES

TITLES = {
    *("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "madam", "rev", "herr", "frau", "dipl", "ing"),
    *("mag", "monsieur", "madame", "mme", "mlle", "sr", "sra", "srta", "don", "dona", "sig", "signor", "signora"),
    *("jr", "ii", "iii", "iv", "phd", "md", "esq", "mba", "cpa"),
}
PARTICLES = {
    *("van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "das", "du", "la", "le", "las", "los", "el"),
    *("al", "bin", "ibn", "ben", "ter", "ten", "zu", "zur", "zum", "af", "av", "y", "e", "und", "and"),
}
"""Words that say nothing about who it is, and are left out of many forms."""

UNMARKED = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "\u2019": "'"}
)
"""Letters that are no accented ones, the dotless i and the typographic apostrophe among them."""
SPELLINGS = (
    (r"ph", "f"),
    (r"ck", "k"),
    (r"c(?=[aoukrlt]|$)", "k"),
    (r"ee|ie|ea(?=$)", "i"),
    (r"y", "i"),
    (r"([aeou])e(?=[^aeiou])", r"\1"),
    (r"(?<=[bcdfgjklmnprtvwz])h|h$", ""),
    (r"(.)\1+", r"\1"),
    (r"(?<=[a-z]{2})e$", ""),
)
"""What is heard as one and spelled in several ways: Philip and Phillip, Sara and Sarah, Müller and Mueller."""

COUNTERPARTS = {
    frozenset(pair.split())
    for pair in (
        *("michael michelle", "michel michele", "michel michelle", "christian christina", "christian christine"),
        *("daniel danielle", "daniel daniele", "gabriel gabrielle", "gabriel gabriele", "francis frances"),
        *("rene renee", "andre andrea", "andre andree", "martin martine", "laurent laurence", "pascal pascale"),
        *("marcel marcelle", "valentin valentine", "emmanuel emmanuelle", "jean jeanne", "john joan", "robin robyn"),
        *("bob bill", "robert bill", "robert billy", "bob billy"),
    )
}
"""First names of two people that look like one, or that the list of nicknames takes for one."""

ONE_TYPO, TWO_TYPOS = 4, 8
"""From how many letters on a name may hold one or two typos. Shorter ones are other names: Wu and Xu."""


@dataclass(frozen=True)
class PersonName:
    """A first and a last name as they were given; either may be missing, or hold several words."""

    first: str | None = None
    last: str | None = None

    def __bool__(self) -> bool:
        return bool(self._all)

    @property
    def _all(self) -> tuple[str, ...]:
        return words(self.first) + words(self.last)

    def __str__(self) -> str:
        return " ".join(part for part in (self.first, self.last) if part)


def is_plainly_other(one: PersonName, other: PersonName) -> bool:
    """Whether these names are those of two people. False as soon as one of them is missing.

    Names in different scripts cannot be compared, so they are not plainly different.
    """
    if not one or not other or not _same_script(one, other):
        return False
    first, last, others_first, others_last = (
        *(words(one.first), words(one.last)),
        *(words(other.first), words(other.last)),
    )
    if _fits(first, others_first, are_first=True) and _fits(last, others_last):
        return False
    # Typed into the wrong field, turned round, or a part of the whole: then each word has its like.
    short, long = sorted((first + last, others_first + others_last), key=len)
    return not (_has_likes(short, long) and (len(short) < len(long) or _has_likes(long, short)))


def is_same_first_name(one: PersonName, other: PersonName) -> bool:
    """Whether both have a first name, and it is the same: whoever marries keeps it."""
    mine, others = words(one.first), words(other.first)
    return bool(mine and others and len(mine[0]) > 1 < len(others[0])) and _fits(mine, others, are_first=True)


@lru_cache(maxsize=100_000)
def words(name: str | None) -> tuple[str, ...]:
    """The words of a name in lower case and without accents; no titles, and no particles unless nothing else is left.

    Hyphens part words: Smith-Jones is known as Smith too.
    """
    plain = unicodedata.normalize("NFKD", (name or "").casefold().translate(UNMARKED))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    found = [word.replace("'", "") for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", plain)]
    named = [word for word in found if word not in TITLES]
    return tuple(word for word in named if word not in PARTICLES) or tuple(named)


def _has_likes(mine: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return all(any(_is_same_word(word, other, are_first=True) for other in others) for word in mine)


def _same_script(one: PersonName, other: PersonName) -> bool:
    return bool(_scripts(one) & _scripts(other))


def _scripts(name: PersonName) -> set[str]:
    """Such as LATIN or CJK."""
    letters = f"{name.first or ''}{name.last or ''}"
    return {unicodedata.name(letter, "?").partition(" ")[0] for letter in letters if letter.isalpha()}


def _fits(mine: tuple[str, ...], others: tuple[str, ...], *, are_first: bool = False) -> bool:
    """Whether one word of each can be the same name, or one side has none; run together, they are compared too."""
    if not mine or not others or "".join(mine) == "".join(others):
        return True
    return any(_is_same_word(word, other, are_first=are_first) for word, other in product(mine, others))


@lru_cache(maxsize=100_000)
def _is_same_word(one: str, other: str, *, are_first: bool) -> bool:
    if are_first and frozenset((one, other)) in COUNTERPARTS:
        return False
    if _spelled(one) == _spelled(other) or (are_first and _are_related(one, other)):
        return True
    short, long = sorted((one, other), key=len)
    if len(short) == 1:
        return long.startswith(short) or (are_first and any(name.startswith(short) for name in related_names(long)))
    if are_first and (_is_gendered_pair(short, long) or _are_unrelated(one, other)):
        return False
    allowed = 2 if len(short) >= TWO_TYPOS else 1 if len(short) >= ONE_TYPO else 0
    return OSA.distance(_spelled(one), _spelled(other)) <= allowed


def _are_related(one: str, other: str) -> bool:
    return other in related_names(one) or one in related_names(other)


def _is_gendered_pair(short: str, long: str) -> bool:
    """Mario and Maria, Daniel and Daniela: a letter apart, and no typo."""
    return long == f"{short}a" or (len(short) == len(long) and {short[-1], long[-1]} == {"a", "o"})


def _are_unrelated(one: str, other: str) -> bool:
    """Whether both are first names that the lists know, and share no nickname: Tim is no typo of Tom."""
    mine, others = related_names(one), related_names(other)
    return len(mine) > 1 < len(others) and mine.isdisjoint(others)


@lru_cache(maxsize=100_000)
def _spelled(word: str) -> str:
    for found, instead in SPELLINGS:
        word = re.sub(found, instead, word)
    return word


@lru_cache(maxsize=20_000)
def related_names(name: str) -> frozenset[str]:
    """The first names that someone of this name may go by, itself among them: bob for robert, and rob for bob."""
    whole = {name, *_names().canonicals_of(name), *FOREIGN_NICKNAMES.get(name, ())}
    return frozenset(whole.union(*(_names().nicknames_of(one) for one in whole)))


@cache
def _names() -> NickNamer:
    return NickNamer()
