"""The map of a journey as a Mermaid flowchart, with one symbol for each kind of step."""

from collections.abc import Iterator

from flows.runtime.maps.journey_map import START_NODE, JourneyMap, MapNode

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
hexagon for split tests."""


def render_mermaid(found: JourneyMap) -> str:
    """The map as a Mermaid flowchart. An edge that every answer takes has no label."""
    nodes = list(dict.fromkeys(node for source, _, target in found.edges for node in (source, target)))
    number = {node: f"n{index}" for index, node in enumerate(nodes)}
    lines = ["flowchart TD"]
    lines += [f"    {number[node]}{_shape(found, node)}" for node in nodes]
    lines += [f"    {number[source]} --> {label}{number[target]}" for source, label, target in _labelled(found)]
    return "\n".join(lines) + "\n"


def _shape(found: JourneyMap, node: MapNode) -> str:
    opening, closing = SHAPES.get(node.verb, ("[", "]"))
    title = (" or ".join(found.starts_on) or "handed over") if node == START_NODE else node.title
    return f'{opening}"{title.replace(chr(34), chr(39))}"{closing}'


def _labelled(found: JourneyMap) -> Iterator[tuple[MapNode, str, MapNode]]:
    answers_of: dict[tuple[MapNode, MapNode], list[str]] = {}
    for source, answer, target in found.edges:
        answers_of.setdefault((source, target), []).append(answer)
    for (source, target), answers in answers_of.items():
        always = set(answers) >= found.answers.get(source, {""})
        yield source, "" if always else f"|{' / '.join(answers)}| ", target
