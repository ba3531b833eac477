"""Making a moment bad: a turn before the reaction, an event while nobody reacts."""

from collections.abc import Callable

from flows.runtime.turn import take_turn
from flows.runtime.virtual_time import run_due
from models.database import engine
from tests.support.story import Story


def take_one_turn(story: Story, journey: str) -> None:
    """One turn, without reacting to anything before it."""
    with engine().begin() as connection:
        take_turn(connection, story.definitions[journey], story.definitions, story.now)


def intervene(story: Story, how: Callable[..., int]) -> int:
    """What ops do with all stuck runs."""
    stuck = [row[0] for row in story.rows("SELECT id FROM journey_run WHERE status = 'stuck'")]
    with engine().begin() as connection:
        moved = how(connection, stuck, story.now)
    run_due(story.definitions, story.now)
    return moved


def store_event(story: Story, name: str, topic: str | None, contact: int, data: str = "{}") -> None:
    """An event comes in while nobody reacts."""
    story.write(
        "INSERT INTO event (name, topic, contact_id, data, at) "
        "VALUES (:name, :topic, :contact, CAST(:data AS jsonb), :now)",
        name=name,
        topic=topic,
        contact=contact,
        data=data,
        now=story.now,
    )
