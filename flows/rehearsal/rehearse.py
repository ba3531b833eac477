"""A rehearsal: measures the rates, copies the cohort once, and plays it once for each draw of the unknown answers."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import psycopg
from psycopg import sql
from sqlalchemy import text

from flows.rehearsal.answer_draws import AnswerDraws
from flows.rehearsal.cohort import AT_MOST, Cohort, NothingToRehearse, select_cohort
from flows.rehearsal.copy_rows import copy_cohort
from flows.rehearsal.play import TICK, Play, use_database
from flows.rehearsal.result import Result, Span, read_result
from flows.runtime.definitions.code_version import code_version
from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.kept_versions import load_version
from flows.runtime.prefect_flow import discover
from models.database import engine, id_list, migrate
from models.journeys.rates import Rates, measure_rates
from models.playbook import current_playbook

DRAWS = 5
"""Plays of one rehearsal: enough to see how far the unknown answers move its numbers."""

LAST_RUN = text("SELECT coalesce(max(id), 0) FROM journey_run")
NEW_RUNS = text("SELECT id FROM journey_run WHERE id > :last")

REAL_RUNS = text("""
-- The runs of this journey that began within the time, and those that they led to, directly or not.
WITH RECURSIVE led (id, contact_id, journey) AS (
    SELECT id, contact_id, journey FROM journey_run
    WHERE journey = :journey AND contact_id = ANY(CAST(:contacts AS bigint[]))
      AND started_at >= :begin AND started_at < :end
    UNION
    SELECT n.id, n.contact_id, n.journey FROM led JOIN journey_run n
      ON n.contact_id = led.contact_id AND n.started_at < :end
      AND (n.key = 'run:' || led.id OR n.key LIKE 'run:' || led.id || ':%'))
SELECT id FROM led
""")


@dataclass(frozen=True)
class Question:
    """What is to be rehearsed."""

    journey: str
    condition: str = ""
    """Of the cohort; empty for all contacts."""
    weeks: float = 8
    draws: int = DRAWS
    at_most: int = AT_MOST
    tick: timedelta = TICK
    begin: datetime | None = None
    """None: when the first of the cohort enters."""
    known_until: datetime | None = None
    """Answers from this moment on are not known; None: all are."""


@dataclass(frozen=True)
class PlayOrder:
    """One play, as another process gets it."""

    address: str
    journey: str
    source: str | None
    """The code of another version; None for the one that is there."""
    cohort: Cohort
    rates: Rates
    seed: int
    tick: timedelta
    zone: str
    with_paths: bool = False


@dataclass(frozen=True)
class Rehearsal:
    """All plays of one rehearsal."""

    question: Question
    cohort: Cohort
    rates: Rates
    zone: str
    results: Sequence[Result]
    """One for each draw."""
    others: Sequence[Result] = ()
    """Of the other version, with the same draws."""
    real: Result | None = None
    """What then happened."""
    other_called: str = "the other version"


def load_source(journey: str, source: str) -> Definition:
    """The journey of this name from the text of its file. Raises NothingToRehearse when it is not in there."""
    try:
        return load_version(journey, code_version(source), source)
    except Exception as error:
        raise NothingToRehearse(f"The other version of {journey} cannot be loaded: {error}") from error


def play_once(order: PlayOrder, definitions: Definitions | None = None) -> Result:
    """Play in the database of the order and read what came of it; by default of the journeys that are there."""
    known = discover() if definitions is None else definitions
    definition = known[order.journey]
    if order.source is not None:
        definition = load_source(order.journey, order.source)
    with use_database(order.address):
        with engine().connect() as connection:
            last = connection.execute(LAST_RUN).scalar_one()
        play = Play(known, definition, order.cohort, AnswerDraws(order.rates, order.seed), order.tick)
        play.run()
        with engine().connect() as connection:
            runs = connection.execute(NEW_RUNS, {"last": last}).scalars().all()
            span = Span(order.journey, runs, order.cohort.begin, order.cohort.end, order.zone)
            return read_result(connection, span, play.caps, with_paths=order.with_paths)


def rehearse(
    real: str,
    address_of: Callable[[str], str],
    question: Question,
    now: datetime,
    *,
    other: str | None = None,
    compare_with_real: bool = False,
    processes: int = 1,
    definitions: Definitions | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Rehearsal:
    """Rehearse a journey with the contacts of the database `real`, of which nothing is changed.

    `address_of` gives the address of a database by its name on a throw-away server, on which databases are made and
    dropped. `other` is the code of another version, which is played with the same draws. Raises BadCondition and
    NothingToRehearse.
    """
    known = discover() if definitions is None else definitions
    if question.journey not in known:
        raise NothingToRehearse(f"There is no journey '{question.journey}'. There are: {', '.join(sorted(known))}.")
    definition = known[question.journey]
    if other is not None:
        load_source(question.journey, other)
    with engine(real).connect() as connection:
        playbook = current_playbook(connection)
        zone = playbook.company.time_zone
        cohort = select_cohort(
            connection,
            playbook,
            definition,
            question.condition,
            question.weeks,
            now=now,
            begin=question.begin,
            at_most=question.at_most,
        )
        known_until = cohort.begin if compare_with_real and question.known_until is None else question.known_until
        rates = measure_rates(connection, known_until or now, zone)
    say(f"{len(cohort.contacts):,} contacts, {cohort.begin:%Y-%m-%d} to {cohort.end:%Y-%m-%d}")
    base = address_of("base")
    _make_base(address_of("postgres"), base)
    copy_cohort(real, base, cohort.contacts, cohort.begin, cohort.end)
    orders = [
        PlayOrder("", question.journey, source, cohort, rates, seed, question.tick, zone, with_paths=other is not None)
        for source in ([None] if other is None else [None, other])
        for seed in range(question.draws)
    ]
    results = list(_play_all(address_of, orders, min(processes, len(orders)), definitions, say))
    return Rehearsal(
        question,
        cohort,
        rates,
        zone,
        results[: question.draws],
        results[question.draws :],
        _read_real(real, question.journey, cohort, zone) if compare_with_real else None,
    )


def _make_base(admin: str, base: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS base WITH (FORCE)")
        connection.execute("CREATE DATABASE base")
    migrate(base)
    engine(base).dispose()


def _play_all(
    address_of: Callable[[str], str],
    orders: Sequence[PlayOrder],
    processes: int,
    definitions: Definitions | None,
    say: Callable[[str], None],
) -> Iterator[Result]:
    """Each order in a copy of its own, some side by side."""
    if processes < 2 or definitions is not None:
        for number, order in enumerate(orders, 1):
            yield _play_in_copy(address_of("postgres"), address_of("play_0"), "play_0", order, definitions)
            say(f"play {number} of {len(orders)}")
        return
    # A play works on the database of its process, so each has a process of its own, without what this one has open.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = [
            pool.submit(
                _play_in_copy, address_of("postgres"), address_of(f"play_{number}"), f"play_{number}", order, None
            )
            for number, order in enumerate(orders)
        ]
        for number, one in enumerate(waiting, 1):
            yield one.result()
            say(f"play {number} of {len(orders)}")


def _play_in_copy(admin: str, address: str, name: str, order: PlayOrder, definitions: Definitions | None) -> Result:
    with _copy_of_base(admin, name):
        return play_once(replace(order, address=address), definitions)


@contextmanager
def _copy_of_base(admin: str, name: str) -> Iterator[None]:
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(drop)
        # Two at once would each find the other one reading the template.
        connection.execute("SELECT pg_advisory_lock(1)")
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE base").format(sql.Identifier(name)))
        connection.execute("SELECT pg_advisory_unlock(1)")
    try:
        yield
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(drop)


def _read_real(real: str, journey: str, cohort: Cohort, zone: str) -> Result:
    """What the cohort really did: the runs of the journey that began within the time, and what they led to."""
    about = {
        "journey": journey,
        "contacts": id_list(cohort.contacts),
        "begin": cohort.begin,
        "end": cohort.end,
    }
    with engine(real).connect() as connection:
        runs = connection.execute(REAL_RUNS, about).scalars().all()
        return read_result(connection, Span(journey, runs, cohort.begin, cohort.end, zone))
