"""What ops find in Prefect's UI before they start anything: choices, names on the agenda, the mailer, pictures."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from prefect import flow as prefect_flow
from prefect import get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.states import Completed, Pending, Scheduled, State
from prefect.variables import Variable

from blocks.current_mailer import MAILERS, VARIABLE
from blocks.local_mailbox import LocalMailbox
from deployments.stack.deploy import make_deployment
from deployments.stack.paths import ROOT
from deployments.stack.register import make_pool, name_mailer, offer_choices
from flows.form_choices import LIST, with_choices
from flows.operations.scheduled_runs import name_scheduled_runs
from flows.run_name import LONGEST, with_result_in_name
from tests.support.database import write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_rep
from web.frame.pages import STATIC

pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.usefixtures("prefect_server", "database_url"),
]

MANIFEST = yaml.safe_load((ROOT / "prefect.yaml").read_text())
ENTRIES = {entry["name"]: entry for entry in MANIFEST["deployments"]}


async def deployed(title: str) -> Any:
    await make_pool()
    return await make_deployment(ENTRIES[title], "UTC").aapply()


async def form(deployment: Any) -> dict[str, Any]:
    async with get_client() as client:
        return dict((await client.read_deployment(deployment)).parameter_openapi_schema or {})


def test_salespeople_are_chosen_from_a_list_that_follows_the_playbook() -> None:
    apply_playbook()

    async def story() -> tuple[list[str], list[str]]:
        reassign = await deployed("Reassign leads")
        await offer_choices()
        before = (await form(reassign))["properties"]["from_whom"]["enum"]
        a_rep(name="Zoe New", email="zoe@example.com")
        write("UPDATE rep SET active = false WHERE name = 'John Okafor'")
        assert await offer_choices() >= 1
        assert await offer_choices() == 0
        return before, (await form(reassign))["properties"]["from_whom"]["enum"]

    before, after = asyncio.run(story())
    assert before[0] == ""
    assert "Zoe New" not in before
    assert "John Okafor" in before
    # Who has left may still have leads, and comes last.
    assert after[-2:] == ["Zoe New", "John Okafor"]


def test_two_people_of_one_name_are_told_apart() -> None:
    apply_playbook()
    first, second = a_rep(name="Ann Lee", email="ann1@example.com"), a_rep(name="Ann Lee", email="ann2@example.com")

    async def story() -> list[str]:
        reassign = await deployed("Reassign leads")
        await offer_choices()
        return list((await form(reassign))["properties"]["to_whom"]["enum"])

    assert {f"Ann Lee ({first})", f"Ann Lee ({second})"} < set(asyncio.run(story()))


def test_a_choice_that_is_no_longer_one_is_refused_and_says_what_there_is() -> None:
    apply_playbook()

    async def story() -> None:
        reassign = await deployed("Reassign leads")
        await offer_choices()
        async with get_client() as client:
            gone = {"from_whom": "Nobody Here"}
            await client.create_flow_run_from_deployment(reassign, parameters=gone, state=Pending())

    with pytest.raises(PrefectHTTPStatusError, match=r"(?s)'Nobody Here' is not one of"):
        asyncio.run(story())


def test_a_list_without_choices_takes_any_text() -> None:
    field = {"type": "string", LIST: "routers", "enum": ["old"]}
    assert with_choices({"properties": {"router": field}}, {"routers": []}) == {
        "properties": {"router": {"type": "string", LIST: "routers"}}
    }


def test_runs_on_the_agenda_have_the_name_of_what_runs_and_its_day() -> None:
    apply_playbook()

    async def story() -> tuple[str, int]:
        decay = await deployed("Decay scores")
        async with get_client() as client:
            night = Scheduled(scheduled_time=datetime(2030, 1, 5, 23, 5, tzinfo=UTC))
            made = await client.create_flow_run_from_deployment(decay, state=night, tags=["auto-scheduled"])
            await name_scheduled_runs()
            return (await client.read_flow_run(made.id)).name, await name_scheduled_runs()

    name, again = asyncio.run(story())
    assert name == "Decay scores, 5 Jan 2030"
    assert again == 0


def test_the_mailer_can_be_chosen_from_the_start_and_what_ops_chose_stays() -> None:
    async def story() -> tuple[Any, Any]:
        await Variable.aunset(VARIABLE)
        await name_mailer()
        first = await Variable.aget(VARIABLE)
        await Variable.aset(VARIABLE, "smtp-mailer/office", overwrite=True)
        await name_mailer()
        second = await Variable.aget(VARIABLE)
        await Variable.aunset(VARIABLE)
        return first, second

    assert asyncio.run(story()) == ("local-mailbox/tend-mailbox", "smtp-mailer/office")


def test_an_installation_from_before_has_its_mailbox_under_the_present_name_once() -> None:
    async def story() -> tuple[Any, list[str]]:
        await LocalMailbox().save("this-machine", overwrite=True)
        await Variable.aset(VARIABLE, "local-mailbox/this-machine", overwrite=True)
        await name_mailer()
        await name_mailer()
        async with get_client() as client:
            blocks = await client.read_block_documents_by_type("local-mailbox")
        chosen = await Variable.aget(VARIABLE)
        await Variable.aunset(VARIABLE)
        return chosen, [one.name for one in blocks if one.name]

    chosen, blocks = asyncio.run(story())
    assert chosen == "local-mailbox/tend-mailbox"
    assert ("tend-mailbox" in blocks, "this-machine" in blocks) == (True, False)


def test_blocks_have_a_picture_that_needs_no_internet() -> None:
    for mailer in MAILERS:
        assert mailer.get_block_type_name().startswith("Tend: ")
        path = str(mailer._logo_url).partition("/static/")[2]
        assert (STATIC / path).read_text().startswith("<svg")


def test_the_name_of_a_run_ends_with_what_happened_or_why_not() -> None:
    @prefect_flow(flow_run_name="count")
    @with_result_in_name
    async def count(says: str) -> State[None]:
        if says == "raise":
            raise ValueError("Nobody is ana@example.com.")
        return Completed(message=says)

    async def name(says: str) -> str:
        state: State[Any] = await count(says, return_state=True)
        async with get_client() as client:
            return (await client.read_flow_run(state.state_details.flow_run_id)).name

    assert asyncio.run(name("moved 3,\n ended 1")) == "count: moved 3, ended 1"
    assert asyncio.run(name("")) == "count"
    assert asyncio.run(name("raise")) == "count: failed, Nobody is (hidden)."
    assert asyncio.run(name("x" * 500)) == f"count: {'x' * (LONGEST - 8)}…"
