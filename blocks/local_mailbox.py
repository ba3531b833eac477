"""The local mailbox: emails are stored in our own Postgres and shown on a page, and none is sent.

The default mailer.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, text
from sqlmodel import col

from blocks.email_feed import EmailFeed
from blocks.mailer import Mailer, logo
from blocks.send_result import accepted
from models.database import engine
from models.mail.rendering.email import RenderedEmail
from models.tables.message import Letter as Letter

# An email that is already there stays as it is: handing it over twice changes nothing.
INSERT = text("""
    INSERT INTO letter (message_key, from_address, to_address, subject, html, text, at)
    SELECT * FROM unnest(
        CAST(:keys AS text[]), CAST(:senders AS text[]), CAST(:receivers AS text[]), CAST(:subjects AS text[]),
        CAST(:htmls AS text[]), CAST(:texts AS text[]), CAST(:moments AS timestamptz[]))
    ON CONFLICT (message_key) DO NOTHING
""")


class LocalMailbox(Mailer):
    """Keeps all mail on this machine, where the page "Mailbox" shows it. Nothing reaches a customer."""

    _block_type_name = "Tend: Local mailbox"
    _block_type_slug = "local-mailbox"
    _logo_url = logo("mailbox")
    _description = "Keeps all mail on this machine, where the page Mailbox shows it. Nothing reaches a customer."

    def hand_over(self, emails: EmailFeed) -> None:
        """All that are ready at once. None is begun, because it can be looked up whether it arrived."""
        while ready := emails.ready():
            with engine().begin() as connection:
                connection.execute(INSERT, _columns(ready))
            for email in ready:
                emails.record(email, accepted())

    def find_accepted(self, keys: Sequence[str]) -> set[str]:
        accepted_keys = select(col(Letter.message_key)).where(col(Letter.message_key).in_(keys))
        with engine().connect() as connection:
            return set(connection.scalars(accepted_keys))


def _columns(emails: Sequence[RenderedEmail]) -> dict[str, Any]:
    return {
        "keys": [email.key for email in emails],
        "senders": [f"{email.from_name} <{email.from_address}>" for email in emails],
        "receivers": [email.to_address for email in emails],
        "subjects": [email.subject for email in emails],
        "htmls": [email.html for email in emails],
        "texts": [email.text for email in emails],
        "moments": [email.at for email in emails],
    }
