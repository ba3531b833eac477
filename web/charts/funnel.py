"""A funnel: how many came to each stage, and which part of them to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from web.charts.axis import WIDTH
from web.charts.figure import Figure

WORDS_HEIGHT = 21
"""Above each bar."""
BAR_HEIGHT = 15
ROW_HEIGHT = 49
THINNEST = 2.0
"""So that one of a million is still to be seen."""


@dataclass(frozen=True)
class FunnelStage:
    """What one stage is drawn from."""

    name: str
    count: int
    says: str
    """The count as people read it."""
    share: str = ""
    """Which part of the stage before it is; empty at the first."""


@dataclass(frozen=True)
class FunnelBar:
    """One stage: its words, and its bar below them."""

    name: str
    says: str
    share: str
    y: float
    """Of the bar, from the top."""
    width: float


@dataclass(frozen=True, kw_only=True)
class FunnelChart(Figure):
    """The stages below each other."""

    kind: ClassVar[str] = "funnel"

    bars: Sequence[FunnelBar]
    height: float


def funnel_chart(figure: Figure, stages: Sequence[FunnelStage]) -> FunnelChart | None:
    """Bars in proportion to the largest count; None where nobody came to any stage."""
    most = max((stage.count for stage in stages), default=0)
    if not most:
        return None
    bars = []
    for number, stage in enumerate(stages):
        width = round(max(WIDTH * stage.count / most, THINNEST), 1) if stage.count else 0.0
        bars.append(FunnelBar(stage.name, stage.says, stage.share, number * ROW_HEIGHT + WORDS_HEIGHT, width))
    return FunnelChart(**vars(figure), bars=bars, height=ROW_HEIGHT * (len(stages) - 1) + WORDS_HEIGHT + BAR_HEIGHT)
