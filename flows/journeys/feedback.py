"""Feedback: whoever has a lead is asked how it goes, until it is won or lost, or enough is known."""

from flows.runtime import Journey, hand_over, journey


# It writes to the owner alone, and whoever asks for a person gets one by other journeys.
@journey(
    starts_on=("lead_assigned", "lead_reopened"),
    ends_on={"lead_assigned": "went to somebody else", "order_placed": "won", "turned_us_down": "lost"},
    on_repeated_request="ignore",
)
async def feedback(j: Journey) -> str:
    """Ask the owner of each lead by mail, on the days that the playbook's section feedback says.

    What a task, an order or a deal has told is not asked. A lead that was lost gets something to read, if its reason
    says so. One about which nobody says anything goes back to the routers, if the playbook says so; else it is asked
    about again when its time has come.
    """
    while True:
        match await j.feedback():
            case "answered":
                pass
            case "won":
                return "won"
            case "lost: nurture":
                return hand_over("reading_list")
            case "lost: end" | "lost: not interested":
                return "lost"
            case "no answer":
                await j.note("Nobody has said how it goes with this lead.")
            case "give to somebody else":
                await j.note("Nobody has said how it goes with this lead, so somebody else gets it.")
                await j.route(anew=True, name="somebody else")
                return "went to somebody else"
            case "enough is known":
                return "enough is known"
            case "nobody has it":
                return "nobody has it"
