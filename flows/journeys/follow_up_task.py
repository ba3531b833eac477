"""Follow-up task: something that a person asks another person to do for one contact."""

from flows.runtime import Journey, Reentry, journey
from models.conditions.predicates import HAS_OWNER, IS_FOR_OWNER


# Each stands for itself, so there may be several at a time, and no request for a person ends or delays it.
# Ops give tasks by the flow "Give a task", which asks what is to be done.
@journey(reentry=Reentry.ALWAYS, on_repeated_request="ignore", by_hand=False)
async def follow_up_task(j: Journey) -> str:
    """A task that no other journey asks for: a manager's, a colleague's, or one that an outcome brings.

    Kind, assignee, due time and note are given with the start; started without them, the owner is asked to follow up.
    What an outcome brings further stands with its kind in the playbook.
    """
    if await j.check(IS_FOR_OWNER, name="for the owner") and not await j.check(HAS_OWNER, name="has an owner"):
        await j.route(name="an owner")
    await j.requested_task()
    return "reported"
