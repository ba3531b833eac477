"""The rate of the playbook is a limit that Prefect keeps, for all processes that send."""

import asyncio

import pytest
from prefect import get_client
from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse
from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError

from flows.operations.mail.ask_about_unknown import ask_about_unknown_messages
from flows.operations.mail.deliver_messages import deliver_messages
from flows.operations.mail.send_rate import BATCH_SIZE, LIMIT, UNLIMITED, send_rate_of
from models.playbook.mail import Mail
from tests.support.mail.outbox import NOON, a_contact, a_message
from tests.support.playbook import apply_playbook

pytestmark = [pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"), pytest.mark.usefixtures("prefect_server")]


def the_limit() -> GlobalConcurrencyLimitResponse:
    async def read() -> GlobalConcurrencyLimitResponse:
        async with get_client() as client:
            return await client.read_global_concurrency_limit_by_name(LIMIT)

    return asyncio.run(read())


def test_a_portion_is_asked_for_once_and_shows_in_prefect() -> None:
    rate = asyncio.run(send_rate_of(5_000))
    assert (the_limit().limit, the_limit().slot_decay_per_second) == (5_000, 5_000)

    assert rate.acquire() == BATCH_SIZE
    rate.consume(40)
    assert rate.acquire() == BATCH_SIZE - 40
    rate.consume(BATCH_SIZE - 40)
    assert rate.acquire() == BATCH_SIZE


def test_a_new_rate_in_the_playbook_changes_the_limit() -> None:
    asyncio.run(send_rate_of(5_000))
    slower = asyncio.run(send_rate_of(30))
    assert the_limit().limit == 30
    assert slower.acquire() == 30
    assert slower.capped(10_000) == 1_800


def test_a_limit_that_somebody_deleted_is_there_again_at_the_next_try() -> None:
    async def delete() -> None:
        async with get_client() as client:
            await client.delete_global_concurrency_limit_by_name(LIMIT)

    rate = asyncio.run(send_rate_of(4_000))
    asyncio.run(delete())
    with pytest.raises(ConcurrencySlotAcquisitionError):
        rate.acquire()
    assert asyncio.run(send_rate_of(4_000)).acquire() == BATCH_SIZE


def test_without_a_rate_nobody_is_asked() -> None:
    assert asyncio.run(send_rate_of(None)) is UNLIMITED


def test_the_flow_keeps_to_the_rate_of_the_playbook(database_url: str) -> None:
    apply_playbook(Mail.model_validate({"rate": 2_000, "expires_after": "999w"}))
    for number in range(3):
        a_message(a_contact(f"c{number}@example.com"))

    state = asyncio.run(deliver_messages(return_state=True))

    assert state.message == "3 sent, 0 failed, 0 unknown"
    assert the_limit().limit == 2_000


def test_the_flow_says_what_people_have_to_decide(database_url: str) -> None:
    apply_playbook()
    a_message(a_contact(), state="unknown", handed_at=NOON)
    first, second = (asyncio.run(ask_about_unknown_messages(return_state=True)).message for _ in range(2))
    assert first is not None
    assert first.startswith("1 unknown for more than 3d")
    assert second == "no message has been unknown for long"
