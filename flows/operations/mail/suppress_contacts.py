"""Suppress contacts, or lift their suppression, from the Prefect UI."""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed
from sqlalchemy import text

from flows.private_flow import contact_link, flow
from flows.run_artifacts import show_table
from flows.runtime.start_form import ContactReference
from models.contacts.typed_contacts import typed_contacts
from models.database import engine
from models.mail.ops_decision import MailDecision, apply_decision
from models.wording import counted

CURRENT_SUPPRESSION = text("""
SELECT id AS contact, coalesce(suppressed, 'gets mail') AS now FROM contact WHERE id = ANY(:contacts) ORDER BY id
""")


class SuppressReason(StrEnum):
    """Why, for their timelines."""

    NONE = ""
    ASKED = "they asked us"
    OURS = "one of us"
    COMPETITOR = "a competitor"
    LEGAL = "legal advice"
    OTHER = "another reason"


class UnknownContacts(LookupError):
    """No contact is found by what was typed."""


def _run_name() -> str:
    asked = flow_run.parameters
    name = f"{asked['decision']} to {counted(len(asked['contacts']), 'contact')}"
    return f"dry run: {name}" if asked["dry_run"] else name


@flow(name="suppress-contacts", flow_run_name=_run_name)
async def suppress_contacts(
    contacts: list[ContactReference],
    decision: MailDecision,
    reason: SuppressReason = SuppressReason.NONE,
    dry_run: bool = True,
) -> State[None]:
    """Stop email to contacts, or allow it again. Emails that are queued are not sent either.

    An unsubscribed contact still gets transactional emails; "no mail at all" stops those, too. A bounce or a spam
    complaint is never replaced by a weaker reason. A contact who unsubscribed is emailed again only if they ask for it;
    one who reported spam never.

    Args:
        contacts: Their numbers, or the links of their pages. Prefect keeps what is typed here, so it takes no
            addresses; the page of a contact has the same buttons.
        decision: What to do.
        reason: Why, for their timelines.
        dry_run: Only list what would change. Take it away to decide.
    """
    changed, lines = await asyncio.to_thread(
        decide_now, contacts, decision, reason.value, datetime.now(UTC), dry_run=dry_run
    )
    said = f"{changed} of {len(lines)} {'would change' if dry_run else 'changed'}"
    await show_table(lines, key="mail-to-contacts", description=f"{decision}: {said}")
    return Completed(message=said)


def decide_now(
    contacts: list[str], decision: MailDecision, reason: str, now: datetime, *, dry_run: bool = False
) -> tuple[int, list[dict[str, str]]]:
    """Apply the decision in one transaction, which a dry run rolls back; how many changed, and a row for each.

    Raises UnknownContacts, and changes nothing, when no contact is found by one of the entries.
    """
    with engine().connect() as connection:
        ids, unknown = typed_contacts(connection, contacts)
        if unknown:
            raise UnknownContacts(f"No contact is {', '.join(sorted(unknown))}. Nothing was changed; correct the list.")
        changed = apply_decision(connection, ids, decision, reason, now)
        lines = connection.execute(CURRENT_SUPPRESSION, {"contacts": ids}).all()
        if not dry_run:
            connection.commit()
    return changed, [{"contact": contact_link(line.contact), "now": line.now} for line in lines]
