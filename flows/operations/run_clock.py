"""The jobs of Tend's clock, from reacting to events to the daily follow-up check, and the process that runs them."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import prefect
from prefect import Flow
from prefect.client.schemas.objects import State
from sqlalchemy import Connection, text

from flows.operations.clock_process import run_until_signalled
from flows.operations.contacts.work_off import act_on_contacts
from flows.operations.leads.place_leads import place_leads
from flows.operations.leads.settle_offers import settle_offers
from flows.operations.lost_flow_runs import CLOCK_TAG, end_lost_flow_runs
from flows.operations.mail.ask_about_unknown import ask_about_unknown_messages, next_notice
from flows.operations.mail.count_mail_events import count_mail_events
from flows.operations.mail.deliver_chat import deliver_chat
from flows.operations.mail.deliver_messages import deliver_messages
from flows.operations.perform_activities import perform_activities
from flows.operations.prefect_watch import PrefectWatch
from flows.operations.tasks.ask_feedback import ask_feedback
from flows.operations.tasks.daily_follow_up import daily_follow_up_check
from flows.operations.tasks.mails_of_tasks import keep_mails_of_tasks
from flows.operations.tasks.morning_digest import morning_digest
from flows.operations.tasks.remind_overdue import remind_overdue_tasks
from flows.operations.tasks.report_mails import report_mails
from flows.operations.tasks.sound_alarms import next_alert, sound_alarms
from flows.runtime.clock import ChangeSignal, Job, Perform, run_jobs
from flows.runtime.prefect_flow import JourneyFlow, discover, journey_flows, unloadable_files
from flows.runtime.react import lock_reaction, react
from models.bulk_actions.actions import next_action_due
from models.chat.outbox import next_note
from models.database import engine
from models.feedback.send import next_feedback_due
from models.journeys.maps.count_steps import count_steps
from models.kpi.mails import next_report_mail
from models.mail.claim import next_due as next_message
from models.mail.tracking import next_events_check
from models.playbook import current_playbook
from models.response.daily_check import next_check
from models.routing import next_placement_due as next_placement
from models.routing.offers import next_offer_due as next_offer
from models.stop_request import is_stop_requested
from models.tasks.digest import next_digest
from models.tasks.undo import REPORT_OF_RUN, next_report, tell_reports

FLOW_RUN_EVERY = timedelta(seconds=1)
"""A flow run costs Prefect a good part of this, so what comes faster shares one."""

LOCKED_REPORTS_EVERY = timedelta(milliseconds=200)
"""Reports whose runs somebody else works on are due and cannot be told."""

LOST_RUNS_AFTER, LOST_RUNS_EVERY = timedelta(seconds=10), timedelta(minutes=5)
"""When flow runs of processes that died are looked for, after the start and from then on."""

STEPS_AFTER, STEPS_EVERY = timedelta(seconds=30), timedelta(minutes=10)
"""When the steps of journeys are counted for their maps, after the start and from then on."""

NextDue = Callable[[Connection], datetime | None]
CLOCK = secrets.randbits(31)
"""The number of this clock, drawn anew for each process."""
WATCH = PrefectWatch()
log = logging.getLogger("tend.clock")


def jobs() -> list[Job]:
    """One job per kind of work, and one per journey."""
    return [
        Job("react to events", reaction_due, react_to_events),
        Job("tell reports on tasks", next_report, tell_reports_on_tasks, LOCKED_REPORTS_EVERY),
        *(Job(f"move {flow.definition.name}", _due(flow), flow_run(flow), FLOW_RUN_EVERY) for flow in journey_flows()),
        Job(
            "deliver messages",
            delivery_due,
            flow_run(deliver_messages),
            FLOW_RUN_EVERY,
        ),
        Job(
            "ask about unknown messages",
            next_notice,
            flow_run(ask_about_unknown_messages, needs_prefect=True),
            FLOW_RUN_EVERY,
        ),
        Job("post notes to chats", _next_note, flow_run(deliver_chat), FLOW_RUN_EVERY),
        Job("count mail events", _next_count, flow_run(count_mail_events), FLOW_RUN_EVERY),
        Job(
            "perform activities",
            _open_activity,
            flow_run(perform_activities),
            FLOW_RUN_EVERY,
        ),
        Job(
            "remind of overdue tasks",
            earliest("task", "done_at IS NULL AND closed_at IS NULL", "remind_at"),
            flow_run(remind_overdue_tasks),
            FLOW_RUN_EVERY,
        ),
        Job("send morning digests", next_digest, flow_run(morning_digest), FLOW_RUN_EVERY),
        Job("assign queued leads", next_placement, flow_run(place_leads), FLOW_RUN_EVERY),
        Job("act on contacts", next_action_due, flow_run(act_on_contacts), FLOW_RUN_EVERY),
        Job("expire offers", next_offer, flow_run(settle_offers), FLOW_RUN_EVERY),
        Job("send SLA alerts", next_alert, flow_run(sound_alarms), FLOW_RUN_EVERY),
        Job("ask for feedback", next_feedback_due, flow_run(ask_feedback), FLOW_RUN_EVERY),
        Job("send daily checks", _next_check, flow_run(daily_follow_up_check), FLOW_RUN_EVERY),
        Job("send report mails", _next_report_mail, flow_run(report_mails), FLOW_RUN_EVERY),
        look_for_lost_flow_runs(),
        keep_mails(),
        count_steps_of_maps(),
    ]


def earliest(table: str, condition: str, moment: str) -> NextDue:
    """The earliest `moment` among rows that wait for work."""
    query = text(f"SELECT min({moment}) FROM {table} WHERE {condition}")
    return lambda connection: connection.execute(query).scalar()


def _due(flow: JourneyFlow) -> NextDue:
    query = text(f"""
        SELECT resume_at FROM journey_run WHERE journey = :journey AND status = 'waiting' AND resume_at IS NOT NULL
          AND NOT {REPORT_OF_RUN}
        ORDER BY resume_at LIMIT 1
    """).bindparams(journey=flow.definition.name)
    return lambda connection: connection.execute(query).scalar()


def _next_check(connection: Connection) -> datetime | None:
    return next_check(connection, datetime.now(UTC))


def _next_report_mail(connection: Connection) -> datetime | None:
    return next_report_mail(connection, datetime.now(UTC))


def _next_note(connection: Connection) -> datetime | None:
    return next_note(connection, datetime.now(UTC))


def _next_count(connection: Connection) -> datetime | None:
    return next_events_check(connection, datetime.now(UTC))


UNREACTED_EVENT = text("SELECT EXISTS (SELECT FROM event WHERE reacted_at IS NULL)")
ABANDONED_MESSAGE = text("""
    SELECT EXISTS (SELECT FROM message WHERE state = 'sending' AND NOT EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
           AND (classid::bigint << 32 | objid::bigint) = sending_by))
""")


def reaction_due(connection: Connection) -> datetime | None:
    """Now, if there is an event to react to, even if another machine, whose clock is fast, dates it later."""
    return datetime.now(UTC) if connection.execute(UNREACTED_EVENT).scalar() else None


def delivery_due(connection: Connection) -> datetime | None:
    """When the next message is due; now, if the sender of one has died, which its free lock shows."""
    return datetime.now(UTC) if connection.execute(ABANDONED_MESSAGE).scalar() else next_message(connection)


UNLOCKED_ACTIVITY = text("""
    SELECT created_at FROM activity WHERE finished_at IS NULL
    ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
""")
LOCKED_ACTIVITY = text("SELECT now() + INTERVAL '5 seconds' FROM activity WHERE finished_at IS NULL LIMIT 1")


def _open_activity(connection: Connection) -> datetime | None:
    """When the oldest activity that no process works on was called; if all are worked on, soon: one of them may die."""
    return connection.execute(UNLOCKED_ACTIVITY).scalar() or connection.execute(LOCKED_ACTIVITY).scalar()


def flow_run(flow: Flow[..., Coroutine[Any, Any, Any]], *, needs_prefect: bool = False) -> Perform:
    """Do the work of a flow in this process: as a flow run, or just so while Prefect is away and it needs it not."""
    work: Perform = flow.fn

    async def call() -> object:
        if not WATCH.answers:
            if needs_prefect:
                raise RuntimeError("Prefect is away, and without it nobody would hear of this.")
            return _raise_if_failed(await work())
        with prefect.tags(f"{CLOCK_TAG}{CLOCK}"):
            return await flow()

    return call


def _raise_if_failed(found: object) -> object:
    """As a flow run does with a state that it is given back, so that the clock pauses."""
    if isinstance(found, State) and found.is_failed():
        raise RuntimeError(found.message)
    return found


def look_for_lost_flow_runs() -> Job:
    """The job that looks for flow runs of processes that died, while Prefect is there."""
    next_look = datetime.now(UTC) + LOST_RUNS_AFTER

    async def look() -> None:
        nonlocal next_look
        if WATCH.answers:
            await end_lost_flow_runs()
        next_look = datetime.now(UTC) + LOST_RUNS_EVERY

    return Job("end lost flow runs", lambda _: next_look, look)


def keep_mails() -> Job:
    """The job that looks once, as the clock starts, which mails follow the outcomes of tasks that are open."""
    is_done = False

    async def keep() -> None:
        nonlocal is_done
        await asyncio.to_thread(_keep_mails_once)
        is_done = True

    started = datetime.now(UTC)
    return Job("keep the mails of open tasks", lambda _: None if is_done else started, keep)


def _keep_mails_once() -> int:
    with engine().begin() as connection:
        return keep_mails_of_tasks(connection, discover())


def count_steps_of_maps() -> Job:
    """The job that counts which ways runs took on the maps of journeys."""
    next_count = datetime.now(UTC) + STEPS_AFTER

    async def count() -> None:
        nonlocal next_count
        await asyncio.to_thread(_count_steps_once)
        next_count = datetime.now(UTC) + STEPS_EVERY

    return Job("count steps of journeys", lambda _: next_count, count)


def _count_steps_once() -> int:
    with engine().begin() as connection:
        return count_steps(connection, current_playbook(connection))


async def react_to_events() -> None:
    """React until no event is left. Not as a flow run, which would cost more than the work and delay every lead."""
    while await asyncio.to_thread(_react_once) and not is_stop_requested():
        pass


def _react_once() -> int:
    with engine().begin() as connection:
        lock_reaction(connection)
        return react(connection, discover(), current_playbook(connection), datetime.now(UTC))


async def tell_reports_on_tasks() -> None:
    """Tell what was reported when it can no longer be taken back. Not as a flow run: the lead waits for it."""
    while await asyncio.to_thread(_tell_reports_once) and not is_stop_requested():
        pass


def _tell_reports_once() -> int:
    with engine().begin() as connection:
        return tell_reports(connection, datetime.now(UTC))


async def run_clock(change: ChangeSignal) -> None:
    """Run all jobs until the signal ends them."""
    for broken in unloadable_files():
        log.error("%s", broken)
    await WATCH.look()
    watching = asyncio.create_task(WATCH.keep_looking())
    try:
        await run_jobs(jobs(), change, CLOCK)
    finally:
        watching.cancel()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    run_until_signalled(run_clock)
