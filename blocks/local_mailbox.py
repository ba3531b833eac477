"""The local mailbox: mail that stays in our own Postgres, to be read on a page. The one in force at first."""

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlmodel import col

from blocks.mailer import Delivery, Mailer, accepted
from models.database import engine
from models.mail.rendering.email import Letter
from models.tables.message import Letter as KeptLetter

# A letter that is already there stays as it is: handing it over twice is the same as once.
KEEP = text("""
    INSERT INTO letter (message_key, from_address, to_address, subject, html, text, at)
    SELECT * FROM unnest(
        CAST(:keys AS text[]), CAST(:senders AS text[]), CAST(:receivers AS text[]), CAST(:subjects AS text[]),
        CAST(:htmls AS text[]), CAST(:texts AS text[]), CAST(:moments AS timestamptz[]))
    ON CONFLICT (message_key) DO NOTHING
""")


class LocalMailbox(Mailer):
    """Keeps all mail on this machine, where the page "Mailbox" shows it. Nothing reaches a customer."""

    _block_type_name = "Local mailbox"
    _block_type_slug = "local-mailbox"
    _description = "Keeps all mail on this machine, where the page Mailbox shows it. Nothing reaches a customer."

    def deliver(self, letters: Sequence[Letter]) -> list[Delivery]:
        columns = {
            "keys": [letter.key for letter in letters],
            "senders": [f"{letter.from_name} <{letter.from_address}>" for letter in letters],
            "receivers": [letter.to_address for letter in letters],
            "subjects": [letter.subject for letter in letters],
            "htmls": [letter.html for letter in letters],
            "texts": [letter.text for letter in letters],
            "moments": [letter.at for letter in letters],
        }
        with engine().begin() as connection:
            connection.execute(KEEP, columns)
        return [accepted() for _ in letters]

    def accepted_among(self, keys: Sequence[str]) -> set[str]:
        of_these = select(col(KeptLetter.message_key)).where(col(KeptLetter.message_key).in_(keys))
        with engine().connect() as connection:
            return set(connection.scalars(of_these))
