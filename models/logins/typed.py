"""What is typed of a login: its name and its address."""

from email_validator import EmailNotValidError, validate_email

from models.values.sanitize import SURROGATE

LONGEST_NAME = 100


class UnreadableLogin(ValueError):
    """The sentence for whoever typed it."""


def read_name(name: str) -> str:
    """A name on one line. Raises UnreadableLogin."""
    given = " ".join(SURROGATE.sub("", name.replace("\0", "")).split())
    if not given:
        raise UnreadableLogin("No name was found. Type the one by which others know them.")
    if len(given) > LONGEST_NAME:
        raise UnreadableLogin(f"Names have at most {LONGEST_NAME} characters, {len(given)} were found. Shorten it.")
    return given


def read_email(email: str) -> str:
    """An address in small letters. Raises UnreadableLogin."""
    given = SURROGATE.sub("", email.strip())
    try:
        return validate_email(given, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise UnreadableLogin(f"“{given[:LONGEST_NAME]}” is no email address: {error}") from None
