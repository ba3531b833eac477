"""Matches an inbound mail to a contact and the message it answers: by signed address, references, or sender."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from models.mail.inbound.mime import ParsedMail
from models.mail.reply_address import read_reply_address
from models.values.sanitize import escape_unstorable

OWN_ID = re.compile(r"<tend-(\d{1,18})@[^>]+>")

HOLDER = """SELECT id FROM contact WHERE email = :sender
UNION SELECT contact_id FROM identifier WHERE kind = 'email' AND value = :sender LIMIT 1"""
"""SQL: the contact that has this address, or had it once."""

BY_ADDRESS = text("""
SELECT id AS message_id, contact_id, run_id, template FROM message
WHERE id = :id AND contact_id IS NOT NULL AND kind IN ('marketing', 'transactional')
""")

BY_REFERENCES = text(f"""
-- Anybody can reference any message. It counts from an address of the contact, or a colleague's at the same domain.
SELECT m.id AS message_id, m.contact_id, m.run_id, m.template FROM message m JOIN contact ON contact.id = m.contact_id
WHERE (m.id = ANY(:ids) OR m.contact_id = ({HOLDER}))
  AND m.provider_id = ANY(:provider_ids) AND m.kind IN ('marketing', 'transactional')
  AND split_part(:sender, '@', 2) IN (
      SELECT split_part(value, '@', 2) FROM identifier WHERE contact_id = contact.id AND kind = 'email'
      UNION SELECT split_part(contact.email, '@', 2))
ORDER BY m.id DESC LIMIT 1
""")

BY_SENDER = text(HOLDER)


@dataclass(frozen=True)
class ContactMatch:
    """The contact of an inbound mail, and the message that it answers where that is known."""

    contact_id: int
    matched_by: str
    """`reply address`, `references`, `sender`, or `a person`."""
    message_id: int | None = None
    run_id: int | None = None
    template: str | None = None


def match_contact(connection: Connection, mail: ParsedMail) -> ContactMatch | None:
    """The contact of an inbound mail; None when a person has to decide.

    The signed address counts from any sender: people answer from another mailbox, and assistants answer for them. The
    sender alone counts only where its domain authenticates it, because anybody can write any address there.
    """
    return _by_reply_address(connection, mail) or _by_references(connection, mail) or _by_sender(connection, mail)


def _by_reply_address(connection: Connection, mail: ParsedMail) -> ContactMatch | None:
    for address in mail.to_addresses:
        if (message := read_reply_address(address)) is not None and (found := match_message(connection, message)):
            return found
    return None


def match_message(connection: Connection, message_id: int) -> ContactMatch | None:
    """The contact and run of a message of ours; None when it is gone, or was none to a contact."""
    found = connection.execute(BY_ADDRESS, {"id": message_id}).mappings().one_or_none()
    return ContactMatch(matched_by="reply address", **found) if found else None


def _by_references(connection: Connection, mail: ParsedMail) -> ContactMatch | None:
    if not mail.references or not mail.from_address:
        return None
    provider_ids, sender = _provider_ids(mail.references), escape_unstorable(mail.from_address)
    about = {"ids": _own_ids(mail.references), "provider_ids": provider_ids, "sender": sender}
    found = connection.execute(BY_REFERENCES, about).mappings().one_or_none()
    return ContactMatch(matched_by="references", **found) if found else None


def _own_ids(references: Sequence[str]) -> list[int]:
    """The numbers of our messages among Message-IDs that we made."""
    return [int(found[1]) for one in references if (found := OWN_ID.fullmatch(one))]


def _provider_ids(references: Sequence[str]) -> list[str]:
    """The ids that providers give these messages: the whole Message-ID, or for SendGrid the part before the @."""
    return [escape_unstorable(name) for one in references for name in (one, one.strip("<>").partition("@")[0])]


def _by_sender(connection: Connection, mail: ParsedMail) -> ContactMatch | None:
    if not mail.is_authenticated:
        return None
    contact = connection.execute(BY_SENDER, {"sender": escape_unstorable(mail.from_address)}).scalar_one_or_none()
    return ContactMatch(contact_id=contact, matched_by="sender") if contact is not None else None
