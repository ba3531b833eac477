"""Cancel request: a customer wants to cancel; their salesperson talks to them before anything is cancelled."""

from datetime import timedelta

from flows.runtime import Journey, journey


@journey(
    starts_on=("cancel_requested", "form_submitted:cancel"),
    ends_on={"order_cancelled": "cancelled"},
)
async def cancel_request(j: Journey) -> str:
    """The owner has four working hours to talk to them. What they wish is done all the same, if they still wish it.

    They are told at once that their request is here, and by whom they are called. Silence of ours keeps nobody: when
    nobody has talked to them after two days, the request is carried out as it was made.
    """
    await j.route(name="an owner")
    await j.send("received", transactional=True)
    match await j.task("talk_before_cancelling", within=timedelta(days=2)):
        case "Talked: Stays":
            await j.send("staying", transactional=True)
            return "stays"
        case "No Request: Mistake":
            return "no request"
        case "Talked: Cancels" | "Could Not Reach: Cancels":
            return await carry_out(j)
        case None:
            await j.note("Nobody talked to them within two days, so the request is carried out.")
    return await carry_out(j)


async def carry_out(j: Journey) -> str:
    """Somebody cancels it where the order stands, and the customer has it in writing."""
    for attempt in ("cancelling", "cancelling, once more"):
        match await j.task("carry_out_cancellation", name=attempt, within=timedelta(days=3)):
            case "Cancelled":
                await j.send("cancelled", transactional=True)
                return "cancelled"
            case "Nothing to Cancel":
                return "nothing to cancel"
            case None:
                await j.note(f"Nobody reported on the {attempt}.")
                await j.route(anew=True, name=f"somebody else after the {attempt}")
    return "not carried out"
