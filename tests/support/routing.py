"""An office to route leads in: teams, routers and rules handed in, contacts by the dozen, and the ledger to look at."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from models.database import engine
from models.playbook import Playbook, apply
from models.routing import AssignedOwner, PendingAssignment, assign_by_router
from tests.support.playbook import the_shipped_playbook
from tests.support.story import Story

NINE_TO_FIVE = {"mon-fri": "09:00-17:00"}

LEFT_OUT = (
    "SELECT one ->> 'name', one ->> 'left_out' FROM candidate_set, jsonb_array_elements(candidates) one "
    "WHERE candidate_set.id = (SELECT max(id) FROM candidate_set) AND one ? 'left_out' ORDER BY 1"
)


def address(name: str) -> str:
    """The email of a salesperson."""
    return f"{name.lower()}@firm.example.com"


def rep(name: str, **more: Any) -> dict[str, Any]:
    """A salesperson as the playbook writes them."""
    return {"name": name, "email": address(name)} | more


def member(name: str, **more: Any) -> dict[str, Any]:
    """A place in a router."""
    return {"rep": address(name)} | more


def router(name: str, *members: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    """A router; members without terms are given by name."""
    entries = [member(one) if isinstance(one, str) else one for one in members]
    return {"name": name, "members": entries} | more


def team(*reps: dict[str, Any] | str, name: str = "Sales", **more: Any) -> dict[str, Any]:
    """A team with a manager."""
    people = [rep(one) if isinstance(one, str) else one for one in reps]
    return {"name": name, "manager_email": f"boss.{name.lower()}@firm.example.com", "reps": people} | more


def apply_business(teams: Sequence[dict[str, Any]], routers: Sequence[dict[str, Any]], **parts: Any) -> Playbook:
    """Make the playbook in force one of these people and routers; the rest is as it is shipped."""
    document = the_shipped_playbook().model_dump(mode="json") | {"teams": teams, "routers": routers, "routing": {}}
    company = document["company"] | {"time_zone": "UTC"} | parts.pop("company", {})
    playbook = Playbook.model_validate(document | {"company": company} | parts)
    with engine().begin() as connection:
        apply(connection, playbook)
    return playbook


def make_contacts(story: Story, count: int, **columns: Any) -> list[int]:
    """Contacts, numbered on from those who are there."""
    begin = story.one("SELECT count(*) FROM contact")
    return [story.contact(f"lead{begin + number}@example.com", **columns) for number in range(count)]


def assign_now(
    name: str, contacts: Sequence[int], now: datetime, *, anew: bool = False, **more: Any
) -> dict[int, AssignedOwner | PendingAssignment]:
    """Assigned in a transaction of its own."""
    with engine().begin() as connection:
        return assign_by_router(connection, name, contacts, anew=anew, now=now, **more)


def owners(story: Story, contacts: Sequence[int]) -> list[str | None]:
    """Who owns each contact."""
    rows = story.rows(
        "SELECT contact.id, rep.name FROM contact LEFT JOIN rep ON rep.id = owner_id WHERE contact.id = ANY(:contacts)",
        contacts=list(contacts),
    )
    found: dict[int, str | None] = dict(rows)
    return [found[contact] for contact in contacts]


def counts(story: Story, contacts: Sequence[int]) -> Counter[str | None]:
    """How many of the contacts each salesperson owns."""
    return Counter(owners(story, contacts))


def left_out(story: Story) -> dict[str, str]:
    """Who could not get the last lead, and why."""
    return dict(story.rows(LEFT_OUT))


MakeStory = Callable[..., Story]
