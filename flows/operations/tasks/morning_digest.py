"""The morning digest: everybody gets what is due that day, as their working day begins."""

import asyncio
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.private_flow import flow
from models.database import engine
from models.tasks.digest import send_digests
from models.tasks.overload import flag_overloaded
from models.wording import counted


@flow(name="morning-digest", flow_run_name="send morning digests")
async def morning_digest() -> State[None]:
    """Mail each salesperson whose working day has begun what is late, what is due today and what waits for an answer.

    The clock runs this when it is due. Nobody gets it twice a day, nor on days on which they do not work; who has
    nothing open gets none. The playbook switches it off: tasks: digest: false.
    """
    sent = await asyncio.to_thread(send_digests_now, datetime.now(UTC))
    return Completed(message=f"{counted(sent, 'digest')} sent")


def send_digests_now(now: datetime) -> int:
    """Send the digests that are due; gives how many. Who has caught up over night is no longer flagged."""
    with engine().begin() as connection:
        flag_overloaded(connection, now)
    with engine().begin() as connection:
        return send_digests(connection, now)
