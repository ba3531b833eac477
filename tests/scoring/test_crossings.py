"""When a threshold is crossed: the moment at which the score got there in the record, whatever was told late."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from time import monotonic
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.operations.run_clock import react_to_events
from flows.runtime.react import lock_reaction, react
from models.contacts.lifecycle_stage import Stage
from models.database import engine
from models.playbook import StageRule, apply, current_playbook
from models.scoring.decay import factors, worth
from models.wording import day_of
from tests.support.database import rows, write
from tests.support.scoring import ROME, apply_scoring, crossings, run_nightly_decay, score
from tests.support.story import MONDAY, Story
from web.contacts.history import contact_history
from web.contacts.timeline import timeline

POINTS = {"visited": Decimal(30), "left": Decimal(-41), "signed": Decimal(20)}
BOSS = Decimal(25)
RISING, FALLING = {"warm": 25, "hot": 50}, {"cold": 20}
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def apply_rules(decay: str = "3%") -> None:
    apply_scoring(
        {"name": "visit", "on": ["visited"], "points": 30},
        {"name": "left", "on": ["left"], "points": -41},
        {"name": "contract", "on": ["signed"], "points": 20, "decays": False},
        {"name": "boss", "when": '"ceo" in job_title', "points": 25},
        thresholds=RISING,
        falling=FALLING,
        decay=decay,
    )


class Action(NamedTuple):
    """What comes next, how long after the last, how long ago it happened, and whether a night is made up first."""

    name: str
    after: timedelta
    ago: timedelta
    is_history: bool
    is_night_run: bool


ACTIONS = st.lists(
    st.builds(
        Action,
        st.sampled_from(["visited", "visited", "left", "signed", "promoted", "demoted"]),
        st.timedeltas(timedelta(seconds=1), timedelta(days=3)),
        st.sampled_from([timedelta(), timedelta(), timedelta(), timedelta(minutes=90), timedelta(days=9)]),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=10,
)


class KnownPoints(NamedTuple):
    """Points as the record has them: from when it knows of them until it takes them back."""

    known_at: datetime
    points: Decimal
    day: date
    decays: bool
    withdrawn_at: datetime | None = None


@dataclass
class Record:
    """All that became known, in the order in which it did."""

    decay: Decimal
    known: list[KnownPoints] = field(default_factory=list)

    def score_at(self, moment: datetime) -> Decimal:
        """The score of what was known by then, on the day that it was."""
        today = day_of(moment, ROME)
        return sum(
            (
                worth(one.points, (today - one.day).days, factors(self.decay if one.decays else Decimal(0)))
                for one in self.known
                if one.known_at <= moment and (one.withdrawn_at is None or moment < one.withdrawn_at)
            ),
            Decimal(0),
        )

    def moments(self, end: datetime) -> Iterator[datetime]:
        """Whenever the score can have changed, until the end."""
        midnight = MONDAY.astimezone(ZoneInfo(ROME)).date()
        while (at := datetime.combine(midnight, time(), ZoneInfo(ROME))) <= end:
            yield at
            midnight += DAY
        for one in self.known:
            yield from (moment for moment in (one.known_at, one.withdrawn_at) if moment)

    def crossings(self, end: datetime) -> list[tuple[datetime, str, str]]:
        """What should have been told: each change of the score beside the one before it."""
        instants = sorted({moment.astimezone(UTC) for moment in self.moments(end)})
        scores = [Decimal(0), *map(self.score_at, instants)]
        told = []
        for at, (before, after) in zip(instants, pairwise(scores), strict=True):
            told += [(at, "score_rose", name) for name, limit in RISING.items() if before < limit <= after]
            told += [(at, "score_fell", name) for name, limit in FALLING.items() if before >= limit > after]
        return sorted(told)


def play(story: Story, contact: int, actions: Sequence[Action], record: Record) -> None:
    """Let it happen, and note what becomes known when."""
    for action in actions:
        story.now += action.after
        if action.is_night_run:
            run_nightly_decay(story.now)
        if action.name in POINTS:
            story.happens(action.name, contact=contact, ago=action.ago, is_history=action.is_history)
            day = day_of(story.now - action.ago, ROME)
            record.known.append(KnownPoints(story.now, POINTS[action.name], day, action.name != "signed"))
            continue
        story.write(
            "UPDATE contact SET job_title = :title WHERE id = :id",
            title="CEO" if action.name == "promoted" else "Intern",
            id=contact,
        )
        story.happens("touched", contact=contact)
        is_boss = [one for one in record.known if one.points == BOSS and one.withdrawn_at is None]
        if action.name == "promoted" and not is_boss:
            record.known.append(KnownPoints(story.now, BOSS, day_of(story.now, ROME), True))
        elif action.name == "demoted" and is_boss:
            record.known[record.known.index(is_boss[0])] = is_boss[0]._replace(withdrawn_at=story.now)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTIONS, st.sampled_from(["3%", "0%", "30%"]))
def test_replaying_the_record_as_it_became_known_gives_every_crossing_at_its_moment(
    make_story: Callable[..., Story], actions: list[Action], decay: str
) -> None:
    story = make_story()
    apply_rules(decay)
    story.write("TRUNCATE contact CASCADE")
    contact, record = story.contact(), Record(Decimal(decay.rstrip("%")) / 100)
    play(story, contact, actions, record)
    story.now += 4 * DAY
    run_nightly_decay(story.now)

    told = [(at.astimezone(UTC), name, topic) for name, topic, at in crossings(story, contact)]

    assert score(story, contact) == record.score_at(story.now)
    assert sorted(told) == record.crossings(story.now)
    for at, name, topic in told:
        limit = (RISING | FALLING)[topic]
        before = record.score_at(at - timedelta(microseconds=1))
        rose = name == "score_rose"
        assert (before < limit <= record.score_at(at)) if rose else (before >= limit > record.score_at(at))


def test_a_call_that_is_told_late_crosses_when_it_is_told_and_says_when_it_happened(
    make_story: Callable[..., Story],
) -> None:
    story = make_story()
    apply_rules()
    ann = story.contact()
    story.happens("visited", contact=ann)
    story.now += 2 * HOUR
    call = story.happens("visited", contact=ann, ago=3 * HOUR)

    told = story.rows("SELECT at, received_at, data FROM event WHERE name = 'score_rose' AND topic = 'hot'")

    assert [(row.at, row.received_at, row.data["event"]) for row in told] == [(story.now, story.now, call)]
    assert datetime.fromisoformat(told[0].data["happened_at"]) == story.now - 3 * HOUR
    with engine().connect() as connection:
        line = next(
            one for one in timeline(contact_history(connection, ann)) if one.title == "Score reached a threshold: hot"
        )
    assert (line.facts["event"], line.facts["which happened"]) == (call, story.now - 3 * HOUR)
    assert set(line.details) == {"Score", "Threshold"}


def test_what_happens_now_says_nothing_of_having_been_told_late(make_story: Callable[..., Story]) -> None:
    story = make_story()
    apply_rules()
    ann = story.contact()
    visit = story.happens("visited", contact=ann)

    (told,) = story.rows("SELECT at, data FROM event WHERE name = 'score_rose'")

    assert (told.at, told.data) == (MONDAY, {"score": 30, "threshold": 25, "event": visit})


def test_two_calls_of_one_batch_that_come_in_the_wrong_order_cross_when_they_are_counted(
    make_story: Callable[..., Story],
) -> None:
    story = make_story()
    apply_rules()
    ann = story.contact()
    for ago in (HOUR, 5 * HOUR):
        story.write(
            "INSERT INTO event (name, contact_id, at, received_at) VALUES ('visited', :ann, :at, :now)",
            ann=ann,
            at=story.now - ago,
            now=story.now,
        )
    counted_at = story.now + timedelta(minutes=5)
    with engine().begin() as connection:
        react(connection, {}, current_playbook(connection), counted_at)

    assert crossings(story, ann) == [("score_rose", "warm", counted_at), ("score_rose", "hot", counted_at)]


def wait_until_blocked() -> None:
    """Until a connection to this database waits for a lock."""
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = monotonic() + 30
    while not rows(waits)[0][0]:
        assert monotonic() < deadline


def test_a_reaction_that_waited_for_another_one_is_no_earlier_than_what_it_reacts_to(database_url: str) -> None:
    apply_rules()
    write("INSERT INTO contact (email) VALUES ('ann@example.com')")
    (ann,) = rows("SELECT id FROM contact")[0]
    with ThreadPoolExecutor(1) as other_clock:
        with engine().begin() as connection:
            lock_reaction(connection)
            waiting = other_clock.submit(asyncio.run, react_to_events())
            wait_until_blocked()
            write(
                "INSERT INTO event (name, contact_id, at, received_at) VALUES ('visited', :ann, :now, :now)",
                ann=ann,
                now=datetime.now(UTC),
            )
        waiting.result(timeout=60)

    assert rows("SELECT c.at >= e.at FROM event e JOIN event c ON c.name = 'score_rose' WHERE e.name = 'visited'") == [
        (True,)
    ]


def test_a_stage_with_a_condition_is_reached_when_the_condition_was_known_to_hold(
    make_story: Callable[..., Story],
) -> None:
    story = make_story()
    apply_rules()
    stages = {
        Stage.MQL: StageRule(on=["visited"]),
        Stage.OPPORTUNITY: StageRule(on=["visited"], when="score >= 50"),
    }
    with engine().begin() as connection:
        apply(connection, current_playbook(connection).model_copy(update={"stages": stages}))
    ann = story.contact()
    story.happens("visited", contact=ann)
    story.now += 2 * HOUR
    story.happens("visited", contact=ann, ago=3 * HOUR)

    assert (story.column(ann, "mql_at"), story.column(ann, "opportunity_at")) == (MONDAY, story.now)
