"""Ending mail to contacts, and beginning it again, from the Prefect UI."""

import asyncio
from datetime import UTC, datetime

from prefect import flow
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed
from sqlalchemy import text

from models.database import engine
from models.display_name import DISPLAY_NAME
from models.mail.ops_decision import MailDecision, apply_decision

# Addresses of many contacts are one list.
FIND = text("SELECT id, email, CAST(id AS text) AS number FROM contact WHERE email = ANY(:typed) OR id = ANY(:numbers)")

CURRENT_SUPPRESSION = text(f"""
SELECT contact.id AS contact, {DISPLAY_NAME} AS who, contact.email, coalesce(contact.suppressed, 'gets mail') AS now
FROM contact WHERE contact.id = ANY(:contacts) ORDER BY contact.id
""")


class UnknownContacts(LookupError):
    """Contacts that are not there."""


@flow(name="suppress-contacts", flow_run_name="{decision.value}")
async def suppress_contacts(contacts: list[str], decision: MailDecision, reason: str = "") -> State[None]:
    """End mail to contacts, or begin it again. Mails that wait in the outbox do not go out either.

    Whoever asked us to stop still gets answers to what they do themselves; "no mail at all" holds back those, too. An
    address that bounced or a complaint is never put aside by a lighter reason. Nobody who unsubscribed is mailed again
    unless they asked for it, and nobody who called us spam.

    Args:
        contacts: Their emails or numbers.
        decision: What to do.
        reason: Why, for their timelines.
    """
    changed, lines = await asyncio.to_thread(decide_now, contacts, decision, reason.strip(), datetime.now(UTC))
    await acreate_table_artifact(lines, key="mail-to-contacts", description=f"{decision}: {changed} changed")
    return Completed(message=f"{changed} of {len(lines)} changed")


def decide_now(
    contacts: list[str], decision: MailDecision, reason: str, now: datetime
) -> tuple[int, list[dict[str, str]]]:
    """Do it in one transaction; how many changed, and a line for each. Raises UnknownContacts and changes nothing."""
    typed = {one.strip().lower() for one in contacts if one.strip()}
    numbers = [int(one) for one in typed if one.isdecimal() and len(one) < 19]
    with engine().begin() as connection:
        found = connection.execute(FIND, {"typed": list(typed), "numbers": numbers}).all()
        if unknown := typed - {row.email for row in found} - {row.number for row in found}:
            raise UnknownContacts(f"No contact is {', '.join(sorted(unknown))}. Nothing was changed; mend the list.")
        ids = [row.id for row in found]
        changed = apply_decision(connection, ids, decision, reason, now)
        lines = connection.execute(CURRENT_SUPPRESSION, {"contacts": ids}).mappings().all()
    return changed, [{name: str(value) for name, value in line.items()} for line in lines]
