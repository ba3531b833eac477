"""Paths of an SVG."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

PointT = TypeVar("PointT")

Point = tuple[float, float]


def line_path(points: Sequence[Point | None]) -> str:
    """A line through points; where one is missing, the line is broken."""
    return " ".join("M" + " L".join(f"{x} {y}" for x, y in run) for run in _runs(points))


def band_path(lows: Sequence[Point | None], highs: Sequence[Point | None]) -> str:
    """The area between two lines over the same places; broken where one of them is."""
    both = [(low, high) if low and high else None for low, high in zip(lows, highs, strict=True)]
    areas = []
    for run in _runs(both):
        outline = [low for low, _ in run] + [high for _, high in run][::-1]
        areas.append("M" + " L".join(f"{x} {y}" for x, y in outline) + " Z")
    return " ".join(areas)


def step_path(points: Sequence[Point]) -> str:
    """A line that stays level until the next point and then goes up or down to it."""
    if not points:
        return ""
    x, y = points[0]
    return f"M{x} {y}" + "".join(f" H{x} V{y}" for x, y in points[1:])


def step_band(lows: Sequence[Point], highs: Sequence[Point]) -> str:
    """The area between two such lines over the same places."""
    if not lows:
        return ""
    there = _corners(lows)
    back = _corners(highs)[::-1]
    return "M" + " L".join(f"{x} {y}" for x, y in there + back) + " Z"


def _corners(points: Sequence[Point]) -> list[Point]:
    corners = [points[0]]
    for x, y in points[1:]:
        corners += [(x, corners[-1][1]), (x, y)]
    return corners


def _runs(points: Sequence[PointT | None]) -> Iterator[list[PointT]]:
    """What stands between two missing points, or before the first or after the last of them."""
    run: list[PointT] = []
    for point in points:
        if point is not None:
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run
