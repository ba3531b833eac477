"""What ops see in Prefect: forms they understand, run names and messages that say what happened, a bounded history."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from prefect import Flow, get_client
from prefect.states import Running, Scheduled, State
from sqlalchemy import text

from deployments.stack.deploy import add_journeys, make_deployment
from deployments.stack.paths import ROOT
from flows.journeys.lead_nurture import lead_nurture
from flows.operations import lost_flow_runs
from flows.operations.leads.reassign_leads import reassign_leads
from flows.operations.move_stuck_runs import Intervention, JourneyName, move_stuck_runs
from flows.operations.prune_history import prune_history
from flows.runtime.prefect_flow import journey_flows
from models.database import CLOCK_LOCKS, engine
from models.titles import title_of_journey
from tests.support.playbook import apply_playbook
from tests.support.scoring import ROME
from tests.support.story import Story

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

ENTRIES = add_journeys(yaml.safe_load((ROOT / "prefect.yaml").read_text()), journey_flows())["deployments"]


@pytest.fixture
def story(prefect_server: None, database_url: str) -> Story:
    """Real time and the shipped playbook."""
    apply_playbook()
    return Story({}, now=datetime.now(UTC))


def run(flow: Flow[Any, Any], **parameters: Any) -> tuple[str, State[Any]]:
    """Run it as the clock does; returns the run's name and its last state."""

    async def both() -> tuple[str, State[Any]]:
        state: State[Any] = await flow(**parameters, return_state=True)
        async with get_client() as client:
            assert state.state_details.flow_run_id is not None
            return (await client.read_flow_run(state.state_details.flow_run_id)).name, state

    return asyncio.run(both())


def test_every_journey_and_operation_is_deployed() -> None:
    names = {entry["name"] for entry in ENTRIES}
    assert {"Lead qualification", "Lead nurture", "Offer sequence", "Import leads"} <= names
    assert len(names) == len(ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_a_form_explains_itself(entry: dict[str, Any]) -> None:
    made = make_deployment(entry, ROME)
    assert entry["name"][0].isupper()
    assert "_" not in entry["name"]
    assert {"by-hand", "by-the-clock"} & set(entry["tags"])
    assert bool(made.schedules) <= ("by-the-clock" in entry["tags"])
    assert made.description
    assert "Args:" not in made.description
    assert "\n   " not in made.description  # would be shown as code
    form = made._parameter_openapi_schema
    for name, field in form.properties.items():
        model = form.definitions.get(str(field.get("$ref", "")).rpartition("/")[2], {})
        assert field.get("description") or model.get("description"), name
        assert "_" not in field["title"]


def test_scores_fade_just_after_midnight_where_the_company_is() -> None:
    entry = next(entry for entry in ENTRIES if entry["name"] == "Decay scores")
    [made] = [each.schedule for each in make_deployment(entry, ROME).schedules or ()]
    assert (made.cron, made.timezone) == ("5 0 * * *", ROME)


def test_no_other_schedule_moves_with_the_company() -> None:
    zones = {made.schedule.timezone for entry in ENTRIES for made in make_deployment(entry, ROME).schedules or ()}
    assert zones == {ROME, "UTC"}


def test_ops_choose_among_the_journeys_that_there_are() -> None:
    entry = next(entry for entry in ENTRIES if entry["name"] == "Move stuck runs")
    choices = make_deployment(entry, ROME)._parameter_openapi_schema.definitions["JourneyName"]["enum"]
    titles = sorted(title_of_journey(flow.definition.name) for flow in journey_flows())
    assert choices == ["all journeys", *titles]


def test_looking_at_a_form_and_pressing_the_button_moves_nobody(story: Story) -> None:
    dry = {entry["name"]: entry["parameters"]["dry_run"] for entry in ENTRIES if "journey" in entry["tags"]}
    assert set(dry.values()) == {True}
    assert "Follow-up task" not in dry
    run(lead_nurture, contacts=[str(story.contact())])
    story.write("UPDATE journey_run SET resume_at = now() - interval '1 hour'")
    _, state = run(lead_nurture, dry_run=True)
    assert state.message == "Would move 1 run; nobody is named who would be started"


def test_starting_a_contact_from_the_form_says_what_happened(story: Story) -> None:
    ann = story.contact("ann@example.com")
    name, dry = run(lead_nurture, contacts=["ann@example.com"], dry_run=True)
    assert (name, dry.message) == ("dry run: start 1 contact: Would start 1", "Would start 1")
    name, state = run(lead_nurture, contacts=["Ann@Example.com "])
    assert state.message == "started 1, moved 1"
    _, state = run(lead_nurture, contacts=[str(ann)])
    assert state.message == "started 0 (1 more: on it already, or once before)"
    name, state = run(lead_nurture, segment='email == "ann@example.com"')
    assert name == "start a segment: started 0 (1 more: on it already, or once before)"
    assert state.message == "started 0 (1 more: on it already, or once before)"
    assert run(lead_nurture)[0] == "move who is due: nobody was due"
    assert story.one("SELECT count(*) FROM journey_run") == 1


def test_what_ops_mistyped_is_told_and_makes_the_run_red(story: Story) -> None:
    _, state = run(lead_nurture, contacts=["nobody@example.com", "17", "9" * 20])
    assert state.is_failed()
    assert str(state.message).endswith("; no contact is (hidden), 17, (hidden)")
    _, state = run(lead_nurture, segment="stat == 3")
    assert state.is_failed()
    assert str(state.message).startswith("Nothing was done. Condition 'stat == 3'")


def test_stuck_runs_are_moved_on_by_choice(story: Story) -> None:
    ann = story.contact("ann@example.com")
    story.write(
        "INSERT INTO journey_run (journey, contact_id, key, exclusive, status, started_at, stuck_reason) "
        "VALUES ('lead_nurture', :ann, 'test', true, 'stuck', now(), 'a mail was missing')",
        ann=ann,
    )
    other = JourneyName["offer_sequence"]
    assert run(move_stuck_runs, journey=other, dry_run=False)[1].message == "0 stuck runs go on"
    end_them = {"action": Intervention.END, "journey": JourneyName["lead_nurture"]}
    assert run(move_stuck_runs, **end_them)[0] == "dry run: Lead nurture: end them: 1 stuck run found"
    assert story.one("SELECT status FROM journey_run") == "stuck"
    name, state = run(move_stuck_runs, **end_them, dry_run=False)
    assert (name, state.message) == ("Lead nurture: end them: 1 stuck run ended", "1 stuck run ended")
    assert story.runs(ann) == [("lead_nurture", "ended by hand")]


def test_old_flow_runs_go_and_new_ones_stay(story: Story) -> None:
    run(lead_nurture)
    new = asyncio.run(flow_runs())
    asyncio.run(make_old_flow_runs(101))
    name, state = run(prune_history, keep_days=7)
    before = f"{datetime.now(UTC) - timedelta(days=7):%Y-%m-%d}"
    assert name.startswith("keep 7 days: 10")
    # More than one page of them. Prefect's client repeats a request that took too long, which makes a run more.
    assert re.fullmatch(rf"10[1-9] flow runs from before {before} deleted", str(state.message))
    assert new < asyncio.run(flow_runs())
    assert run(prune_history, keep_days=7)[1].message == f"0 flow runs from before {before} deleted"


async def make_old_flow_runs(count: int) -> None:
    eight_days_ago = datetime.now(UTC) - timedelta(days=8)
    gate = asyncio.Semaphore(20)
    async with get_client() as client:

        async def one() -> None:
            async with gate:
                await client.create_flow_run(prune_history, state=Scheduled(scheduled_time=eight_days_ago))

        await asyncio.gather(*(one() for _ in range(count)))


async def flow_runs() -> set[str]:
    async with get_client() as client:
        return {str(run.id) for run in await client.read_flow_runs(limit=200)}


def test_a_reassignment_is_named_by_what_it_moves_and_says_when_it_only_looked(story: Story) -> None:
    name, state = run(reassign_leads, from_whom="John Okafor")
    assert state.message == "leads: none to move; 0 open tasks moved along"
    assert name == f"dry run: leads of John Okafor to whom routing chooses: {state.message}"


def test_flow_runs_of_a_clock_that_was_killed_do_not_stay_running(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_flow_runs, "SECOND_LOOK_AFTER", 0.0)

    async def begun(clock: int) -> Any:
        async with get_client() as client:
            return await client.create_flow_run(prune_history, tags=[f"clock-{clock}"], state=Running())

    async def look() -> list[tuple[str, str]]:
        runs = [await begun(clock) for clock in (71, 72)]
        assert await lost_flow_runs.end_lost_flow_runs() == 1
        async with get_client() as client:
            states = [(await client.read_flow_run(run.id)).state for run in runs]
        return [(state.name, state.message or "") for state in states if state]

    with engine().connect() as living:
        living.execute(text(f"SELECT pg_advisory_lock({CLOCK_LOCKS}, 72)"))
        dead, alive = asyncio.run(look())
        living.execute(text(f"SELECT pg_advisory_unlock({CLOCK_LOCKS}, 72)"))
    assert dead[0] == "Crashed"
    assert "next clock" in dead[1]
    assert alive[0] == "Running"
