"""Draws the maps that the documentation shows: `python docs/draw_map.py JOURNEY` writes docs/pictures/JOURNEY.svg.

Needs pygraphviz, whose wheels bring Graphviz with them: `.venv/bin/python -m pip install pygraphviz`. The picture
carries the Mermaid text of the map that it was drawn from, so a test can tell whether the code still gives that map.
"""

import sys
import textwrap
from html import escape
from pathlib import Path

from flows.runtime.maps.flowchart import render_mermaid
from flows.runtime.maps.journey_map import START_NODE, JourneyMap, MapNode, build_map
from flows.runtime.prefect_flow import discover

PICTURES = Path(__file__).parent / "pictures"
FONT = "Helvetica,Arial,sans-serif"
LINE = 26
"""Characters of a label in one line."""

PLAIN = {"shape": "box", "style": "rounded,filled", "fillcolor": "#ffffff"}
LOOKS = {
    "begin": {"fillcolor": "#0b6b57", "fontcolor": "#ffffff", "color": "#0b6b57"},
    "end": {"fillcolor": "#dfeee9", "color": "#0b6b57"},
    "check": {"shape": "diamond", "style": "filled"},
    "split": {"shape": "hexagon", "style": "filled"},
    "task": {"fillcolor": "#fff3d6", "color": "#b7791f"},
    "offer": {"fillcolor": "#fff3d6", "color": "#b7791f"},
    "fulfil": {"fillcolor": "#fff3d6", "color": "#b7791f"},
    "send": {"fillcolor": "#e7f0fb", "color": "#2b6cb0"},
}
"""What is special about a kind of step: green begins and ends, amber is a person's work, blue is mail."""


def draw(found: JourneyMap) -> str:
    """The map as SVG, from top to bottom, with the Mermaid text that it was drawn from as metadata."""
    from pygraphviz import AGraph

    graph = AGraph(directed=True, rankdir="TB", nodesep=0.25, ranksep=0.35, bgcolor="white", pad=0.2)
    graph.node_attr.update(fontname=FONT, fontsize=12, color="#8b9891", margin="0.14,0.08", **PLAIN)
    graph.edge_attr.update(fontname=FONT, fontsize=10, color="#5f6f68", fontcolor="#3d4a45", arrowsize=0.7)
    together: dict[tuple[MapNode, MapNode], list[str]] = {}
    for source, answer, target in found.edges:
        together.setdefault((source, target), []).append(answer)
    for place in dict.fromkeys(place for edge in together for place in edge):
        graph.add_node(place.title, label=_label(found, place), **LOOKS.get(place.verb, {}))
    for (source, target), answers in together.items():
        told = "" if set(answers) >= found.answers.get(source, {""}) else " / ".join(answers)
        graph.add_edge(source.title, target.title, label=_beside(told))
    svg = graph.draw(format="svg", prog="dot").decode()
    metadata = f"<metadata>{escape(render_mermaid(found), quote=False)}</metadata>\n</svg>"
    return svg[svg.index("<svg") :].replace("</svg>", metadata)


def _label(found: JourneyMap, place: MapNode) -> str:
    return (" or\n".join(found.starts_on) or "handed over") if place == START_NODE else _wrap(place.title)


def _beside(text: str) -> str:
    """The words beside an arrow, a little away from it."""
    return "\n".join(f"\u00a0{line}\u00a0" for line in textwrap.wrap(text, LINE, break_on_hyphens=False))


def _wrap(text: str) -> str:
    return "\n".join(textwrap.wrap(text, LINE, break_on_hyphens=False))


def main(journey: str) -> None:
    """Write the picture of a journey."""
    (PICTURES / f"{journey}.svg").write_text(draw(build_map(discover()[journey])), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
