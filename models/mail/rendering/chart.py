"""Draws the charts of mails as PNG: mail programs show no SVG."""

import io
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from json import dumps, loads
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 5.4, 2.5
"""Inches; with DPI about twice the pixels that a mail has, for screens with fine ones."""
DPI = 200
FONT_SIZE = 12
"""Points; a phone shows the picture at two thirds of its size."""
MOST_LABELS = 6
GREEN, QUIET, GRID, INK = "#0b6b57", "#9aa8a3", "#e6edea", "#22302c"


def chart(points: Mapping[str, Any]) -> str:
    """A chart as the address of a picture, `data:image/png;base64,...`.

    `points` has `labels` and `values`, one of each for each bar, a value None where nothing is known; and if wanted
    `low` and `high` (an interval around each), `line` (a second row of values, drawn as a line), `expected` (how many
    of the last bars have not come yet, and are drawn light) and `target` (a level). The text beside a chart says what
    it shows: a picture is not read aloud, and may not be loaded.
    """
    return _drawn(dumps({name: points[name] for name in points}, sort_keys=True, default=float))


@lru_cache(maxsize=32)
def _drawn(points: str) -> str:
    # One letter is rendered for its text and its HTML, and the same chart goes to several managers.
    return f"data:image/png;base64,{b64encode(_png(loads(points))).decode('ascii')}"


def _png(points: Mapping[str, Any]) -> bytes:
    # It takes a second to import, and most mails have no chart. A figure of its own, not pyplot's, for threads.
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"font.size": FONT_SIZE, "font.family": "sans-serif", "text.color": INK, "axes.edgecolor": GRID}):
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="constrained", facecolor="white")
        axes = figure.subplots()
        _draw(axes, points)
        picture = io.BytesIO()
        # Without the version of matplotlib in it, so that the same points give the same bytes.
        figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _draw(axes: "Axes", points: Mapping[str, Any]) -> None:
    values: Sequence[float | None] = points["values"]
    places = range(len(values))
    still_to_come = len(values) - int(points.get("expected", 0))
    heights = [value or 0.0 for value in values]
    axes.bar(places, heights, width=0.68, color=[GREEN if place < still_to_come else "#a9d3c6" for place in places])
    if "high" in points:
        around = [(place, *ends) for place, *ends in zip(places, points["low"], points["high"], strict=True)]
        known = [(place, low, high) for place, low, high in around if low is not None and high is not None]
        axes.vlines([one[0] for one in known], [one[1] for one in known], [one[2] for one in known], colors=INK, lw=1)
    if "line" in points:
        line = [(place, value) for place, value in zip(places, points["line"], strict=True) if value is not None]
        axes.plot([one[0] for one in line], [one[1] for one in line], color=INK, lw=1.2, ls="--", marker="o", ms=2.5)
    if points.get("target") is not None:
        axes.axhline(points["target"], color=QUIET, lw=1, ls=":")
    labelled = list(places)[::-1][:: ceil(len(values) / MOST_LABELS) or 1]
    axes.set_xticks(labelled, [points["labels"][place] for place in labelled])
    axes.tick_params(length=0, colors="#566460")
    axes.yaxis.set_major_locator(_few_ticks(heights, is_whole=points.get("is_whole", True)))
    axes.grid(axis="y", color=GRID, lw=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_ylim(bottom=0, top=None if any(heights) else 1)


def _few_ticks(heights: Sequence[float], *, is_whole: bool) -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=4, integer=is_whole and max(heights, default=0) >= 1)
