"""A download that is read slowly holds up nothing, and one that nobody reads to the end is not made to the end."""

import asyncio
import time
from collections.abc import Generator
from itertools import count
from threading import Event

import pytest
from sqlalchemy import text
from sqlalchemy.pool import QueuePool

from models.database import engine
from web.frame.csv_response import csv_of_query
from web.frame.downloads.made_ahead import SENT_AT_ONCE, made_ahead

PATIENCE = 20


def parts_of(number: int, made: Event | None = None, size: int = SENT_AT_ONCE) -> Generator[bytes, None, None]:
    """So many parts, each full of its own number; `made` is set when all of them are."""
    for place in range(number):
        yield bytes([place % 251]) * size
    if made:
        made.set()


def test_all_of_it_is_made_before_the_second_part_is_read() -> None:
    made = Event()
    reading = made_ahead(parts_of(40, made))
    parts = [next(reading)]
    assert made.wait(PATIENCE)
    parts.extend(reading)
    assert b"".join(parts) == b"".join(parts_of(40))
    assert max(map(len, parts)) <= SENT_AT_ONCE


@pytest.mark.parametrize("size", [0, 1, SENT_AT_ONCE - 1, SENT_AT_ONCE + 1])
def test_parts_of_any_size_come_as_they_were(size: int) -> None:
    assert b"".join(made_ahead(parts_of(3, size=size))) == b"".join(parts_of(3, size=size))


def test_whoever_goes_away_ends_it() -> None:
    closed = Event()

    def parts() -> Generator[bytes, None, None]:
        try:
            for _ in count():
                yield b"more"
        finally:
            closed.set()

    reading = made_ahead(parts())
    next(reading)
    reading.close()  # type: ignore[attr-defined]  # it is a generator
    assert closed.is_set()


def test_a_reading_that_nobody_closed_may_be_collected_in_the_very_thread_that_makes_it() -> None:
    is_left, is_closed = Event(), Event()

    def parts() -> Generator[bytes, None, None]:
        try:
            yield b"more"
            assert is_left.wait(PATIENCE)
            readings.clear()
            yield b"more"
        finally:
            is_closed.set()

    readings = [made_ahead(parts())]
    next(readings[0])
    is_left.set()
    assert is_closed.wait(PATIENCE)


def test_an_error_comes_after_what_was_made_before_it() -> None:
    def parts() -> Generator[bytes, None, None]:
        yield b"before"
        raise OSError("no more")

    reading = made_ahead(parts())
    assert next(reading) == b"before"
    with pytest.raises(OSError, match="no more"):
        next(reading)


def test_a_csv_file_that_is_read_slowly_keeps_no_connection(database_url: str) -> None:
    query = text("SELECT number, repeat('x', 500) AS words FROM generate_series(1, 5000) AS number")
    pool = engine(database_url).pool
    assert isinstance(pool, QueuePool)

    async def read() -> bytes:
        reading = aiter(csv_of_query("numbers", query, {}, {"number": "Number", "words": "Words"}).body_iterator)
        found = [await anext(reading)]
        deadline = time.monotonic() + PATIENCE
        while pool.checkedout() and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        assert pool.checkedout() == 0
        found.extend([part async for part in reading])
        return b"".join(bytes(part) for part in found if not isinstance(part, str))

    assert len(asyncio.run(read()).splitlines()) == 5001
