"""Begin to ask for feedback on leads that came to their owners before anybody asked, from the Prefect UI."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated

from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field
from sqlalchemy import text

from flows.form_choices import Salesperson
from flows.private_flow import flow
from flows.runtime.prefect_flow import discover
from flows.runtime.run_start import start_runs
from models.access.redact import redact
from models.database import engine
from models.tables.feedback import JOURNEY
from models.team.typed_rep import NoSuchRep, typed_rep
from models.wording import counted

BATCH = 1000
"""Leads in one transaction."""
LONGEST_DAYS = 3650
KEY = "earlier lead"

LEADS = text(f"""
-- Those whom somebody has and about whom nobody was ever asked.
SELECT contact.id, rep.name FROM contact JOIN rep ON rep.id = contact.owner_id AND rep.active
WHERE contact.id > :after AND (CAST(:rep AS bigint) IS NULL OR rep.id = CAST(:rep AS bigint))
  AND coalesce((SELECT max(a.at) FROM assignment a WHERE a.contact_id = contact.id AND a.rep_id = rep.id),
               contact.created_at) >= :since
  AND NOT EXISTS (SELECT FROM journey_run r WHERE r.contact_id = contact.id AND r.journey = '{JOURNEY}')
ORDER BY contact.id LIMIT {BATCH}
""")


@flow(name="begin-feedback", flow_run_name="begin to ask for feedback")
async def begin_feedback(
    who: Salesperson = "",
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 30,
    dry_run: bool = True,
) -> State[None]:
    """Ask the owners of leads that came to them before feedback was asked for, as after an upgrade.

    Each of these leads begins the journey Feedback, so its owner is asked as the playbook's section feedback says, as
    if the lead had come to them today: all leads of a person in one mail. Nobody is asked about customers. Starting it
    twice begins nothing twice; killed in the middle it goes on with the rest.

    Args:
        who: Only the leads of this salesperson; empty: of everybody.
        days: Leads that came to their owners in so many days.
        dry_run: Only list how many leads of whom it would be. Take it away to begin.
    """
    try:
        found = await asyncio.to_thread(begin_feedback_now, who, days, dry_run, datetime.now(UTC))
    except NoSuchRep as error:
        return Failed(message=f"Nothing was done. {redact(str(error))}")
    lines = [{"salesperson": redact(name), "leads": f"{count:,}"} for name, count in found.most_common()]
    said = f"{'Would begin' if dry_run else 'Began'} with {counted(found.total(), 'lead')}"
    await acreate_table_artifact(lines, key="begun-feedback", description=said)
    return Completed(message=said)


def begin_feedback_now(who: str, days: int, dry_run: bool, now: datetime) -> Counter[str]:
    """Begin the journey for these leads, in transactions of a batch each; salesperson -> leads. Raises NoSuchRep."""
    definition, found, after = discover()[JOURNEY], Counter[str](), 0
    with engine().connect() as connection:
        rep = typed_rep(connection, who) if who.strip() else None
    while True:
        with engine().begin() as connection:
            about = {"after": after, "rep": rep, "since": now - timedelta(days=days)}
            leads = connection.execute(LEADS, about).all()
            if not dry_run:
                start_runs(connection, definition, [(lead.id, KEY) for lead in leads], now)
        if not leads:
            return found
        found.update(lead.name for lead in leads)
        after = leads[-1].id
