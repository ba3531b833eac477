"""Email addresses as people read them: an international domain in its letters, where nobody can be deceived by it."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

LOOKS_LATIN = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})
"""Scripts in which a whole word can look like one in Latin letters."""


def readable_address(address: str) -> str:
    """`joe@xn--mller-kva.example` as `joe@müller.example`; anything else as it is.

    A domain that mixes scripts, or whose letters look like Latin ones, stays in the letters of the wire.
    """
    local, at, domain = address.rpartition("@")
    if not local or "xn--" not in domain:
        return address
    try:
        readable = validate_email(address, check_deliverability=False).domain
    except EmailNotValidError:
        return address
    scripts = [_scripts(label) for label in readable.split(".")]
    if any(len(one) > 1 or one & LOOKS_LATIN for one in scripts):
        return address
    return f"{local}{at}{readable}"


def _scripts(label: str) -> set[str]:
    """The scripts of its letters, by the first word of their names; those of Japanese belong together."""
    found = {unicodedata.name(letter, "UNKNOWN").split()[0] for letter in label if letter.isalpha()}
    return {"CJK"} if found and found <= {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"} else found
