"""Check leads: every night, whether every lead has an owner and a next step; list those without, with reasons."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.private_flow import contact_link, flow
from flows.run_artifacts import show_table
from models.access.redact import redact
from models.database import engine
from models.playbook import current_playbook
from models.response.orphaned_leads import OrphanedLead, find_orphaned_leads, notify_managers
from models.routing.leavers import give_away_all

ALL_WELL = "Every lead has an owner and a next step."


@flow(name="check-leads", flow_run_name="look for orphaned leads")
async def check_leads() -> State[Any]:
    """Look for leads without an owner or a task, forms that started no journey, stuck runs, and leads nobody accepted.

    What belongs to somebody who has left the playbook is given to others by the routers first, unless the playbook says
    `leavers_leads: keep`.

    What is found is listed in the artifact `lead-check` and mailed to the managers, at most once a day to each. The
    run is red as long as any is found, and green when every lead has an owner and a next step.
    """
    orphans = await asyncio.to_thread(find_and_notify, datetime.now(UTC))
    await show_table(_rows(orphans), key="lead-check", description=_sentence(orphans))
    return Failed(message=_sentence(orphans)) if orphans else Completed(message=ALL_WELL)


def find_and_notify(now: datetime) -> list[OrphanedLead]:
    """Give what leavers have to others, then find the leads that nobody looks after and mail their managers."""
    with engine().connect() as connection:
        playbook = current_playbook(connection)
    give_away_all(engine(), playbook, now)
    with engine().begin() as connection:
        orphans = find_orphaned_leads(connection, now)
        notify_managers(connection, orphans, now)
    return orphans


def _rows(orphans: Sequence[OrphanedLead]) -> list[dict[str, Any]]:
    """Without names and reasons of errors, which may quote a contact: they stand on our own pages, and in the mails."""
    return [
        {"kind": orphan.kind, "lead": contact_link(orphan.contact_id), "owner": redact(orphan.owner or "nobody")}
        for orphan in orphans
    ]


def _sentence(orphans: Sequence[OrphanedLead]) -> str:
    """How many there are of each kind."""
    if not orphans:
        return ALL_WELL
    counts = Counter(orphan.kind for orphan in orphans)
    return "Leads that need a person: " + ", ".join(f"{count} {kind}" for kind, count in counts.items())
