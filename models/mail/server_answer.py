"""What a mail server answered, as people read it on pages, in mails and in Prefect."""

from models.access.redact import without_addresses

LONGEST_ANSWER = 240


def answer_excerpt(answer: str) -> str:
    """The beginning of an answer, without the email addresses in it."""
    return without_addresses(answer)[:LONGEST_ANSWER]
