"""What the filter of the list offers to choose from, with what is chosen now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.contacts.views.columns import TITLES, ListColumn
from models.contacts.views.conditions import field_kinds
from models.tables.contact import STAGES, Suppression
from models.titles import in_words, title_of_journey
from web.contacts.acts.forms import STAGE_TITLES
from web.contacts.list.asked import Asked
from web.contacts.list.builder import ANYTHING, COMPARISONS, CONTROLS, DATES, MOST_ROWS, NOTHING, NUMBERS, Criteria, Row

LABELS = {
    "stage": "Stage",
    "owner": "Owner",
    "team": "Team of the owner",
    "source": "From",
    "journey": "On the journey",
    "task": "Open task",
    "bought": "Bought",
    "mail": "Mail",
    "score_from": "Score from",
    "score_to": "Score to",
    "came_from": "Came from",
    "came_before": "Came before",
    "active_from": "Last active from",
    "active_before": "Last active before",
}
EMPTY = {
    "owner": "nobody",
    "team": "no team",
    "journey": "none",
    "task": "none",
    "bought": "nothing",
    "source": "unknown",
}
"""How a control calls it when a contact has none."""
ANY = {"journey": "any", "task": "any", "bought": "anything"}


MOST_TO_CHOOSE = 30
"""Of more choices nobody finds one in a list: a part of it is typed, and the browser shows what has it."""


@dataclass(frozen=True)
class Control:
    """One thing to filter by."""

    name: str
    label: str
    value: str
    input_type: str
    """Of an input, where there are no choices."""
    choices: Mapping[str, str] | None = None
    """Value -> how it is called; the first is no choice."""

    @property
    def is_typed(self) -> bool:
        """There are more choices than a list can show."""
        return self.choices is not None and len(self.choices) > MOST_TO_CHOOSE

    @property
    def shown(self) -> str:
        """How the value is called."""
        return (self.choices or {}).get(self.value, self.value) if self.value else ""

    def chosen(self, typed: str) -> str:
        """The value that is meant: by what it is called, in any case, or by a part of it that no other has."""
        choices = {value: says.casefold() for value, says in (self.choices or {}).items() if value}
        wanted = typed.strip().casefold()
        if typed in choices or not wanted:
            return typed
        alike = [value for value, says in choices.items() if says == wanted]
        alike = alike or [value for value, says in choices.items() if wanted in says]
        return alike[0] if len(alike) == 1 else typed


@dataclass(frozen=True)
class FilterForm:
    """The whole form."""

    controls: Sequence[Control]
    rows: Sequence[Row]
    fields: Mapping[str, str]
    """Field -> how it is called, for the rows."""
    comparisons: Mapping[str, str]
    rest: str
    columns: Sequence[ListColumn]
    """Those that can be chosen."""
    is_used: bool
    """Something is filtered."""


def filter_form(asked: Asked, criteria: Criteria) -> FilterForm:
    """The form with these criteria in it; what is chosen and is not there any more stays to be seen."""
    fields = {name: TITLES.get(name) or _label(asked, name) for name in field_kinds(asked.known)}
    empty = 1 if len(criteria.rows) < MOST_ROWS else 0
    return FilterForm(
        [_control(asked, name, criteria.controls.get(name, "")) for name in CONTROLS],
        [*criteria.rows, *[Row()] * max(empty, 2 - len(criteria.rows))],
        dict(sorted(fields.items(), key=lambda one: one[1].lower())),
        COMPARISONS,
        criteria.rest,
        [column for name, column in asked.all_columns.items() if name != "who"],
        bool(asked.where),
    )


def as_chosen(asked: Asked, given: Mapping[str, str]) -> dict[str, str]:
    """What was sent, with what was typed in the place of a choice as that choice."""
    typed = {name: value for name, value in given.items() if name in CONTROLS and name not in NUMBERS | DATES}
    return {**given, **{name: _control(asked, name, "").chosen(value) for name, value in typed.items() if value}}


def _label(asked: Asked, name: str) -> str:
    declared = asked.known.fields.get(name)
    return (declared.label if declared else None) or in_words(name)


def _control(asked: Asked, name: str, value: str) -> Control:
    if name in NUMBERS or name in DATES:
        return Control(name, LABELS[name], value, "number" if name in NUMBERS else "date")
    choices = dict(_choices(asked, name))
    return Control(name, LABELS[name], value, "", choices | ({} if value in choices else {value: value}))


def _choices(asked: Asked, name: str) -> Iterator[tuple[str, str]]:
    yield "", "any" if name != "mail" else "all"
    if name == "mail":
        yield NOTHING, "gets mail"
        yield ANYTHING, "gets none"
        yield from ((str(reason), f"gets none: {reason}") for reason in Suppression)
        return
    if name == "stage":
        yield from ((str(stage), STAGE_TITLES[stage]) for stage in STAGES)
        return
    if name in EMPTY:
        yield NOTHING, EMPTY[name]
    if name in ANY:
        yield ANYTHING, ANY[name]
    for word in asked.known.sources if name == "source" else asked.known.words.get(name, ()):
        yield word, title_of_journey(word) if name == "journey" else in_words(word) if name == "task" else word
