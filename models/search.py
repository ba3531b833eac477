"""What makes names findable however they are spelled: SQL functions of the search indexes, and the same for what is
typed.
"""

import unicodedata
from collections.abc import Iterator


def _plain(words: str) -> str:
    """SQL for a text in plain letters. By built-in functions alone: an index is restored without a search path."""
    spelled = f"replace(replace(replace(lower({words}), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe')"
    return f"regexp_replace(normalize(translate({spelled}, 'øłđðı', 'olddi'), NFKD), '[\\u0300-\\u036f]', '', 'g')"


PLAIN_LETTERS = f"""
CREATE OR REPLACE FUNCTION plain_letters(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT {_plain("words")}
$$
"""
"""SQL: in small letters without accents, as they are typed where a keyboard has none: `Łukasz Müßig` is
`lukasz mussig`."""

SEARCH_TEXT = f"""
CREATE OR REPLACE FUNCTION search_text(first_name text, last_name text, company text)
RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    said text := ' ' || coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(company, '');
    letters text;
BEGIN
    IF octet_length(said) = length(said) THEN
        RETURN lower(said);
    END IF;
    letters := lower(normalize(said, NFC));
    IF letters ~ '[äöü]' THEN
        RETURN {_plain("letters || ' ' || replace(replace(replace(letters, 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue')")};
    END IF;
    RETURN {_plain("said")};
END $$
"""
"""SQL: all that a contact can be found by in plain letters, with a blank before each word; what has an umlaut in both
of its spellings, `muller mueller`. Each new contact costs it, so what needs no look at its letters gets none."""

FUNCTIONS = (PLAIN_LETTERS, SEARCH_TEXT)


LIGATURES = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "\u0131": "i"})
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def plain_letters(words: str) -> str:
    """What the SQL function of this name makes of a text."""
    spelled = unicodedata.normalize("NFKD", words.lower().translate(LIGATURES))
    return "".join(letter for letter in spelled if not "\u0300" <= letter <= "\u036f")


def spellings(words: str) -> list[str]:
    """What is looked for in `search_text` when somebody types this: with an umlaut, both of its spellings."""

    def ways() -> Iterator[str]:
        yield plain_letters(words)
        yield plain_letters(unicodedata.normalize("NFC", words.lower()).translate(UMLAUTS))

    return list(dict.fromkeys(ways()))


class MissingExtension(RuntimeError):
    """The database has no pg_trgm, by which contacts are found, and its user may not create it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            "The database has no extension pg_trgm, by which /search finds contacts, and this user may not create it "
            f"({str(error).splitlines()[0]}). It comes with Postgres: let the owner of the database run `CREATE "
            "EXTENSION pg_trgm` in it once (on Debian's own Postgres the package postgresql-contrib has it), then "
            "start again. Nothing was changed."
        )
