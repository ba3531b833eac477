"""Which mails follow an outcome at once: read off the map of the journey, kept with the task."""

from datetime import timedelta

from flows.journeys.lead_qualification import lead_qualification
from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition
from flows.runtime.maps.request_places import mails_after
from flows.runtime.prefect_flow import discover
from models.conditions.predicates import HAS_OWNER
from models.playbook.tasks import own_kinds
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.reps import SARAH, a_lead
from tests.support.story import Story


async def a_call(j: Journey) -> str:
    """Mails at once, after a question, after a wait, and none."""
    match await j.task("call", outcomes=("Yes", "Maybe", "Later", "No"), to="office@example.com"):
        case "Yes":
            await j.send("first")
            await j.send("second")
        case "Maybe":
            if await j.check(HAS_OWNER, name="has an owner"):
                await j.send("with_owner")
            else:
                await j.send("without_owner")
        case "Later":
            await j.wait(timedelta(days=1))
            await j.send("too_late")
        case "No":
            pass
    return "over"


def test_what_is_sent_before_the_journey_waits_follows_at_once() -> None:
    definitions = {"a_call": Definition("a_call", a_call)}
    assert mails_after(definitions, own_kinds(), "a_call", "call") == {
        "Yes": ["a_call/first", "a_call/second"],
        "Maybe": ["a_call/with_owner", "a_call/without_owner"],
    }


def test_mails_of_a_journey_that_takes_over_at_once_count_as_well() -> None:
    found = mails_after(discover(), own_kinds(), "lead_qualification", "first call")
    assert found["Could Not Reach: Try Again"] == ["lead_qualification/missed_you"]
    assert found["Had Call: Qualified Lead"][0] == "lead_qualification/after_call"
    assert any(template.startswith("offer_sequence/") for template in found["Had Call: Qualified Lead"])
    assert "Had Call: Not Interested" not in found


def test_a_task_keeps_what_follows_its_outcomes(database_url: str) -> None:
    apply_playbook()
    story = Story({"lead_qualification": lead_qualification.definition})
    story.start("lead_qualification", a_lead(SARAH))
    [(mails,)] = rows("SELECT mails FROM task")
    assert mails["Could Not Reach: Try Again"] == ["lead_qualification/missed_you"]
