"""What a mail server answered, as people read it on pages, in mails and in Prefect."""

import re

from models.access.redact import without_addresses

LONGEST_ANSWER = 240
# Reports by mail put it before the answer (RFC 3464, diagnostic-type).
DIAGNOSTIC_TYPE = re.compile(r"^\s*(smtp|x-[\w-]{1,40})\s*;\s*", re.IGNORECASE)


def answer_excerpt(answer: str) -> str:
    """The beginning of an answer, without the email addresses in it and the `smtp;` that reports put before it."""
    return without_addresses(DIAGNOSTIC_TYPE.sub("", answer))[:LONGEST_ANSWER]
