"""What the clock of the product does, at a moment that a test names, while a browser looks on."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache

from blocks.local_mailbox import LocalMailbox
from flows.operations.mail.deliver_messages import deliver_due
from flows.runtime.definitions.definition import Definitions
from flows.runtime.prefect_flow import discover
from flows.runtime.virtual_time import run_due


@cache
def journeys() -> Definitions:
    """Those that the product ships."""
    return discover()


def pass_time(length: timedelta = timedelta()) -> None:
    """All that is due by then happens, and its mail comes into the local mailbox."""
    now = datetime.now(UTC) + length
    run_due(journeys(), now)
    # An event loop of the browser's runs in this thread already.
    with ThreadPoolExecutor() as pool:
        pool.submit(asyncio.run, deliver_due(LocalMailbox(), now)).result()
