"""The map of a journey as a Mermaid flowchart, with the same symbol for the same kind of step everywhere."""

from collections.abc import Iterator

from flows.runtime.journey_map import START_NODE, JourneyMap, MapNode

SHAPES = {
    "end": ("([", "])"),
    "begin": ("([", "])"),
    "check": ("{", "}"),
    "wait": ("(", ")"),
    "wait_until": ("(", ")"),
    "wait_for": ("(", ")"),
    "task": ("[/", "/]"),
    "offer": ("[/", "/]"),
    "fulfil": ("[/", "/]"),
    "call": ("[[", "]]"),
    "split": ("{{", "}}"),
}
"""One symbol for one kind of step: pill for ends, diamond for checks, slanted for people, framed for outside work,
hexagon for chance."""


def render_mermaid(found: JourneyMap) -> str:
    """The map as a Mermaid flowchart. Ways that every answer takes carry no label."""
    places = list(dict.fromkeys(place for source, _, target in found.edges for place in (source, target)))
    number = {place: f"n{index}" for index, place in enumerate(places)}
    lines = ["flowchart TD"]
    lines += [f"    {number[place]}{_shape(found, place)}" for place in places]
    lines += [f"    {number[source]} --> {label}{number[target]}" for source, label, target in _labelled(found)]
    return "\n".join(lines) + "\n"


def _shape(found: JourneyMap, place: MapNode) -> str:
    opening, closing = SHAPES.get(place.verb, ("[", "]"))
    title = (" or ".join(found.starts_on) or "handed over") if place == START_NODE else place.title
    return f'{opening}"{title.replace(chr(34), chr(39))}"{closing}'


def _labelled(found: JourneyMap) -> Iterator[tuple[MapNode, str, MapNode]]:
    together: dict[tuple[MapNode, MapNode], list[str]] = {}
    for source, answer, target in found.edges:
        together.setdefault((source, target), []).append(answer)
    for (source, target), answers in together.items():
        everything = set(answers) >= found.answers.get(source, {""})
        yield source, "" if everything else f"|{' / '.join(answers)}| ", target
