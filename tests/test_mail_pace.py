"""The rate of the playbook is a limit that Prefect keeps, for all processes that send."""

import asyncio

import pytest
from prefect import get_client
from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse

from flows.operations.mail_pace import AT_ONCE, FULL_SPEED, LIMIT, pace_of

pytestmark = [pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"), pytest.mark.usefixtures("prefect_server")]


def the_limit() -> GlobalConcurrencyLimitResponse:
    async def read() -> GlobalConcurrencyLimitResponse:
        async with get_client() as client:
            return await client.read_global_concurrency_limit_by_name(LIMIT)

    return asyncio.run(read())


def test_a_portion_is_asked_for_once_and_shows_in_prefect() -> None:
    pace = asyncio.run(pace_of(5_000))
    assert (the_limit().limit, the_limit().slot_decay_per_second) == (5_000, 5_000)

    assert pace.room() == AT_ONCE
    pace.used(40)
    assert pace.room() == AT_ONCE - 40
    pace.used(60)
    assert pace.room() == AT_ONCE


def test_a_new_rate_in_the_playbook_changes_the_limit() -> None:
    asyncio.run(pace_of(5_000))
    slower = asyncio.run(pace_of(30))
    assert the_limit().limit == 30
    assert slower.room() == 30
    assert slower.at_most(10_000) == 1_800


def test_without_a_rate_nobody_is_asked() -> None:
    assert asyncio.run(pace_of(None)) is FULL_SPEED
