"""Writes docs/library.md and the maps in docs/pictures from the shipped journeys: `python -m docs.write_library`.

The words are those of the code: the first line of each file, the docstring of each journey, its triggers, mails and
map. A test holds the page against the code.
"""

import sys
from collections.abc import Iterator, Sequence
from inspect import getdoc
from pathlib import Path

from deployments.commands.journey_map import render_map
from flows.runtime.contract.ask import HandOver
from flows.runtime.definitions.definition import Definition
from flows.runtime.maps.journey_map import JourneyMap, build_map
from flows.runtime.prefect_flow import discover
from flows.runtime.verbs.send import SendStep
from flows.runtime.verbs.start import StartStep

PAGE = Path(__file__).parent / "library.md"
PICTURES = Path(__file__).parent / "pictures"

GROUPS = {
    "Leads who ask": ("welcome", "discount_follow_up", "lead_qualification", "check_in"),
    "Leads who read": ("reading_list", "challenge_course", "lead_nurture", "long_term_follow_up", "re_engagement"),
    "Leads who may buy": ("offer_sequence", "order_page_left", "one_on_one", "announcement"),
    "Customers": ("customer_care", "thank_you_note", "retention", "win_back", "support_request", "cancel_request"),
    "Whatever else comes": ("unclaimed_request", "unclaimed_lead", "unclaimed_reply", "privacy_request"),
    "Our own people": ("feedback", "follow_up_task"),
}
"""Heading -> journeys, in the order in which contacts meet them."""

BEGINNING = """# The library

These journeys are shipped, each in one file of `flows/journeys/`, with its mails in `templates/mail/`. They are those
of a coaching business: rewrite the mails, and change the journeys as you like. [Journeys](journeys.md) says how, and
how each is tested.

This page and its maps are written from the code: `python -m docs.write_library`.
"""


def written() -> str:
    """The whole page."""
    definitions = discover()
    parts = [BEGINNING]
    for heading, names in GROUPS.items():
        parts.append(f"## {heading}\n")
        parts += [_section(definitions[name]) for name in names]
    return "\n".join(parts)


def _section(definition: Definition) -> str:
    found = build_map(definition)
    module = sys.modules[definition.body.__module__]
    sentence = (module.__doc__ or "").splitlines()[0].partition(": ")[2]
    said = (getdoc(definition.body) or "").split("\n\n")
    lines = [
        f"### {definition.name}\n",
        f"{sentence[:1].upper()}{sentence[1:]}\n",
        *(f"{paragraph}\n" for paragraph in said),
        *_facts(definition, found),
        "",
        f"![The map of {definition.name}](pictures/{definition.name}.svg)\n",
    ]
    return "\n".join(lines)


def _facts(definition: Definition, found: JourneyMap) -> Iterator[str]:
    steps = list(found.steps.values())
    starts = [*definition.starts_on, *(f"any other `{name}`" for name in definition.fallback_trigger)]
    mails = {template for step in steps if isinstance(step, SendStep) for template in step.possible_templates()}
    ordered = [template for step in steps if isinstance(step, SendStep) for template in step.possible_templates()]
    leads_to = [ending.journey for ending in found.endings if isinstance(ending, HandOver)]
    leads_to += [step.journey for step in steps if isinstance(step, StartStep)]
    tasks = [step.name for step in steps if step.verb == "task"]
    yield from _fact("starts on", starts)
    yield from _fact("ends on", list(definition.ends_on or {}))
    yield from _fact("mails", [name for name in dict.fromkeys(ordered) if name in mails])
    yield from _fact("tasks", list(dict.fromkeys(tasks)))
    yield from _fact("leads to", list(dict.fromkeys(leads_to)))
    if definition.holdout is not None:
        yield f"- holdout: {definition.holdout:.0%} of contacts"


def _fact(name: str, values: Sequence[str]) -> Iterator[str]:
    """One line of the list, broken where it is long."""
    if not values:
        return
    shown = [value if "`" in value else f"`{value}`" for value in values]
    line = f"- {name}:"
    for number, value in enumerate(shown):
        value = value + ("," if number < len(shown) - 1 else "")
        if len(line) + len(value) + 1 > 110:
            yield line
            line = " "
        line = f"{line} {value}"
    yield line


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
    for name in discover():
        (PICTURES / f"{name}.svg").write_text(render_map(name, "svg"), encoding="utf-8")
