"""What ops choose from in the forms of Prefect's UI: salespeople, routers, teams, journeys, mails, as they are now.

A field names its list. The list itself is put into the deployments when they are registered and whenever the playbook
is applied, so a form never waits for a new registration. Prefect's server refuses a choice that is no longer one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from prefect import get_client
from prefect.client.schemas.actions import DeploymentUpdate
from pydantic import WithJsonSchema
from sqlalchemy import Connection, text

from models.bulk_actions.set_field import settable
from models.bulk_actions.start_journey import startable
from models.mail.rendering.preview import mail_templates
from models.playbook import current_playbook

LIST = "x-tend-list"
"""The key in a field's schema that names the list of its choices."""

Salesperson = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[^@]*$", LIST: "salespeople"})]
"""The name of a salesperson, active or not; empty where the field allows it."""
RouterName = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[^@]*$", LIST: "routers"})]
"""The name of a router; empty where the field allows it."""
TeamName = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[^@]*$", LIST: "teams"})]
"""The name of a team; empty where the field allows it."""
MailName = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[^@]*$", LIST: "mails"})]
"""The template of a mail; empty where the field allows it."""

TaskKind = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[^@]*$", LIST: "task kinds"})]
"""The title of a kind of task, or its name in the playbook: see `kind_of_choice`; empty where the field allows it."""

JourneyTitle = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[^@]*$", LIST: "journeys"})]
"""A journey that people start, by its title."""
FieldOfContacts = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[^@]*$", LIST: "fields of contacts"})]
"""A field that is set for many contacts at once, as it is called."""

CHOICES = text("""
-- Two people of one name are told apart by their numbers; whoever has left comes last.
SELECT 'salespeople' AS list, CASE WHEN count(*) OVER (PARTITION BY lower(name)) > 1
       THEN format('%s (%s)', name, id) ELSE name END AS choice, NOT active AS late FROM rep
UNION ALL SELECT 'routers', name, false FROM router
UNION ALL SELECT 'teams', name, false FROM team
ORDER BY 1, 3, 2
""")


def read_choices(connection: Connection) -> dict[str, list[str]]:
    """The choices of each list, those that ops need most first. Nothing that holds an address is one."""
    playbook = current_playbook(connection)
    lists: dict[str, list[str]] = {
        "fields of contacts": sorted(settable(playbook).values(), key=str.lower),
        "journeys": [outline.title for outline in startable()],
        "mails": [mail.name for mail in mail_templates()],
        "task kinds": [choice for choice in _kind_choices(connection) if "@" not in choice],
        **{name: [] for name in ("routers", "salespeople", "teams")},
    }
    for row in connection.execute(CHOICES):
        if "@" not in row.choice:
            lists[row.list].append(row.choice)
    return lists


def kind_of_choice(connection: Connection, choice: str) -> str:
    """The name of the kind of task that was chosen by its title; what is no title is taken for a name."""
    return _kind_choices(connection).get(choice.strip(), choice.strip())


def _kind_choices(connection: Connection) -> dict[str, str]:
    """Title -> name of each kind that people give to each other, by title; two of one title are told apart by name."""
    kinds = {name: kind for name, kind in current_playbook(connection).tasks.all_kinds.items() if kind.by_hand}
    titles = Counter(kind.title for kind in kinds.values())
    choices = {
        kind.title if titles[kind.title] == 1 else f"{kind.title} ({name})": name for name, kind in kinds.items()
    }
    return dict(sorted(choices.items()))


def with_choices(schema: Mapping[str, Any], choices: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The schema of a form in which each field that names a list has its choices; without any it takes any text."""
    return {name: _filled(part, choices) for name, part in schema.items()}


def _filled(part: Any, choices: Mapping[str, Sequence[str]]) -> Any:
    if isinstance(part, list):
        return [_filled(each, choices) for each in part]
    if not isinstance(part, Mapping):
        return part
    filled = {name: _filled(each, choices) for name, each in part.items() if LIST not in part or name != "enum"}
    if found := choices.get(str(part.get(LIST))):
        empty = [""] if part.get("default") == "" else []
        filled["enum"] = [*empty, *found]
    return filled


async def update_choices(choices: Mapping[str, Sequence[str]]) -> int:
    """Put the choices into every deployment whose form names a list; returns how many forms that changed."""
    changed = 0
    async with get_client() as client:
        for deployment in await client.read_deployments():
            before = deployment.parameter_openapi_schema or {}
            after = with_choices(before, choices)
            if after != before:
                await client.update_deployment(deployment.id, DeploymentUpdate(parameter_openapi_schema=after))
                changed += 1
    return changed
