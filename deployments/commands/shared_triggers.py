"""Events that start more than one journey: after an upgrade, a journey of one's own and one that Tend brings by now."""

from collections.abc import Iterator

from flows.runtime.definition import Definition, Definitions
from models.titles import title_of_journey


def find_shared_triggers(definitions: Definitions) -> Iterator[str]:
    """A sentence for each trigger that several journeys have, also where one is a part of the other."""
    triggers = sorted({pattern for one in definitions.values() for pattern in one.starts_on})
    for pattern in triggers:
        journeys = sorted(_title(one) for one in definitions.values() if _starts(one, pattern))
        if len(journeys) > 1:
            yield (
                f"{pattern} starts {len(journeys)} journeys: {', '.join(journeys)}. Whoever it comes from gets the "
                "mails and tasks of each. Take it out of starts_on where one is enough."
            )


def _starts(definition: Definition, pattern: str) -> bool:
    """Whether events of this pattern start it: it names them, or all of their name."""
    return bool({pattern, pattern.partition(":")[0]} & set(definition.starts_on))


def _title(definition: Definition) -> str:
    return definition.title or title_of_journey(definition.name)
