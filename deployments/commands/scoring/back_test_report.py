"""The report of `tend back-test`: one HTML file with tables and charts, which needs nothing else to be read."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from sqlalchemy import Connection, text

from deployments.commands.scoring.back_test_rows import TRIED, metric_cells
from models.display_name import DISPLAY_NAME
from models.scoring.back_test import BackTest
from models.wording import number

TEMPLATES = Path(__file__).parents[3] / "templates" / "reports"
COLOURS = ("#8b9891", "#0b6b57")
BANDS = 8
LISTED = 200
"""How many leads are named."""

NAMES = text(f"SELECT id, {DISPLAY_NAME} AS who FROM contact WHERE id = ANY(:contacts)")


@dataclass(frozen=True)
class PastHotLead:
    """A lead that would have been hot."""

    who: str
    hot_at: datetime
    before: str
    """How it stands by the playbook in force: hot when, or not at all."""
    bought_at: datetime | None


def write_report(path: Path, connection: Connection, tests: Mapping[str, BackTest], remarks: Sequence[str]) -> None:
    """Write it. OSError when the file cannot be written."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.filters["number"] = number
    highest = tests[TRIED].results[-1] if tests[TRIED].results else None
    html = environment.get_template("back_test.html").render(
        tests={name: [metric_cells(result) for result in test.results] for name, test in tests.items()},
        leads=tests[TRIED].leads,
        bought=int(tests[TRIED].leads["bought_at"].notna().sum()),
        charts=[_svg(_closing_by_band, tests), _svg(_calls_by_threshold, tests)],
        highest=highest,
        hot=_past_hot_leads(connection, tests, highest.name) if highest else [],
        remarks=remarks,
    )
    path.write_text(html, encoding="utf-8")


def _past_hot_leads(connection: Connection, tests: Mapping[str, BackTest], threshold: str) -> list[PastHotLead]:
    """The last LISTED that rose to a threshold of the playbook that is tried."""
    (_, present), (_, tried) = tests.items()
    newest = tried.hot_at[threshold].sort_values(ascending=False).head(LISTED)
    contacts = [int(contact) for contact in newest.index]
    names = {row.id: row.who for row in connection.execute(NAMES, {"contacts": contacts})}
    before = present.hot_at.get(threshold, pd.Series(dtype="datetime64[us, UTC]"))
    bought = tried.leads["bought_at"]
    return [
        PastHotLead(
            names.get(contact, f"contact {contact}"),
            at,
            _format_moment(before.get(contact)),
            _moment(bought.get(contact)),
        )
        for contact, at in zip(contacts, newest, strict=True)
    ]


def _format_moment(moment: pd.Timestamp | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment is not None and not pd.isna(moment) else "no"


def _moment(moment: pd.Timestamp | None) -> datetime | None:
    return None if moment is None or pd.isna(moment) else moment.to_pydatetime()


def _svg(draw: Callable[[Axes, Mapping[str, BackTest]], None], tests: Mapping[str, BackTest]) -> Markup:
    """A chart as SVG that stands in the page; its words stay text, in the page's own type."""
    look: Any = {"svg.fonttype": "none", "font.family": "sans-serif", "font.sans-serif": ["system-ui", "DejaVu Sans"]}
    with rc_context(look | {"svg.hashsalt": "tend", "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(9, 4), layout="constrained")
        draw(figure.subplots(), tests)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return Markup(drawn.getvalue()[drawn.getvalue().index("<svg") :])


def _closing_by_band(axes: Axes, tests: Mapping[str, BackTest]) -> None:
    edges = band_edges([test.leads["peak"] for test in tests.values()])
    names = [f"{low:g} to {high:g}" for low, high in pairwise(edges[:-1])] + [f"{edges[-2]:g} and more"]
    for place, (name, test) in enumerate(tests.items()):
        closing, leads = closing_by_band(test.leads, edges)
        bars = axes.bar(np.arange(len(names)) + place * 0.4 - 0.2, closing, 0.38, color=COLOURS[place], label=name)
        axes.bar_label(bars, [f"{count:,}" for count in leads], fontsize=8, padding=2)
    axes.set_xticks(np.arange(len(names)), names)
    axes.set(title="Closing rate by highest score before buying (above each bar: leads)", xlabel="points")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.margins(y=0.15)
    axes.legend(title="playbook", frameon=False)


def band_edges(peaks: Sequence["pd.Series[float]"]) -> np.ndarray:
    """Round limits of at most BANDS bands: of the leads with points 2 % may be above the last."""
    scored = pd.concat([each[each > 0] for each in peaks])
    top = max(float(scored.quantile(0.98)), 0.1) if len(scored) else 1.0
    size = 10.0 ** np.floor(np.log10(top / BANDS))
    step = next(size * nice for nice in (1, 2, 2.5, 5, 10, 20) if size * nice * (BANDS - 1) >= top)
    return np.append(np.arange(0, top + step, step)[:BANDS], np.inf)


def closing_by_band(leads: pd.DataFrame, edges: np.ndarray) -> tuple[list[float], list[int]]:
    """The share that bought, and the number of leads, in each band."""
    band = np.digitize(leads["peak"], edges[1:-1])
    bought = leads["bought_at"].notna().to_numpy()
    counts = np.bincount(band, minlength=len(edges) - 1)
    sales = np.bincount(band, weights=bought, minlength=len(edges) - 1)
    return list(np.divide(sales, counts, out=np.zeros_like(sales), where=counts > 0)), list(counts)


def _calls_by_threshold(axes: Axes, tests: Mapping[str, BackTest]) -> None:
    edges = band_edges([test.leads["peak"] for test in tests.values()])
    at = np.linspace(edges[-2] / 200, edges[-2], 200)
    for place, (name, test) in enumerate(tests.items()):
        peaks = np.sort(test.leads["peak"].to_numpy())
        axes.plot(at, (len(peaks) - np.searchsorted(peaks, at, "left")) / test.weeks, color=COLOURS[place], label=name)
        for result in test.results:
            axes.plot(float(result.score), result.calls_a_week, "o", color=COLOURS[place])
            axes.annotate(
                result.name, (float(result.score), result.calls_a_week), (4, 6), textcoords="offset points", fontsize=8
            )
    axes.set(title="Calls a week, by the score from which a lead is called", xlabel="points", ylim=(0, None))
    axes.set_xlim(0, None)
    axes.legend(title="playbook", frameon=False)
