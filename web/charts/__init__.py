"""Charts as the coordinates of an SVG: made here, drawn by templates/pages/charts, without a script.

Each chart carries its title, a description for whoever cannot see it, and the table that it was drawn from.
"""

from web.charts.axis import AxisUnit
from web.charts.bars import BarChart, BarValue, bar_chart
from web.charts.figure import ChartCell, ChartTable, Figure, LegendEntry
from web.charts.funnel import FunnelChart, FunnelStage, funnel_chart
from web.charts.heat import HeatCell, HeatRow, HeatTable, heat_level
from web.charts.survival import SurvivalChart, SurvivalPoint, survival_chart
from web.charts.trend import Sparkline, TrendChart, TrendPoint, sparkline, trend_chart

__all__ = [
    "AxisUnit",
    "BarChart",
    "BarValue",
    "ChartCell",
    "ChartTable",
    "Figure",
    "FunnelChart",
    "FunnelStage",
    "HeatCell",
    "HeatRow",
    "HeatTable",
    "LegendEntry",
    "Sparkline",
    "SurvivalChart",
    "SurvivalPoint",
    "TrendChart",
    "TrendPoint",
    "bar_chart",
    "funnel_chart",
    "heat_level",
    "sparkline",
    "survival_chart",
    "trend_chart",
]
