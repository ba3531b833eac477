"""What leads had done by a landmark day, as far as it was known then: how often, and how soon. Pure."""

from collections.abc import Iterable

import pandas as pd

from models.prediction.binning import Column
from models.prediction.feature import FeatureKind

MIN_SHARE = 0.01
"""What fewer leads than this share did is not looked at by itself."""
MAX_PATTERNS = 60
CLICK = "link_clicked"
DAYS_TO_CLICK = "days to first click"
ANYTHING = "event:"
ACTIVITY_COLUMNS = ("contact_id", "name", "topic", "times", "first_day")
"""Columns of what was done: how often one contact did one thing, the first time in days after they came."""


def behaviour_columns(done: pd.DataFrame, leads: int) -> dict[str, Column]:
    """What was done often enough to learn from: event names, and name:topic where that says more."""
    fewest = max(1.0, MIN_SHARE * leads)
    topics = done.groupby("name")["topic"].nunique(dropna=False)
    # The only topic of a name is the name again.
    alone = [name for name, count in topics.items() if count == 1]
    topical = done[done["topic"].notna() & ~done["name"].isin(alone)]
    exact = topical.assign(name=topical["name"] + ":" + topical["topic"])
    by = pd.concat([done, exact]).groupby("name")["contact_id"].nunique()
    chosen = {str(pattern): int(count) for pattern, count in by.items() if count >= fewest}
    first = sorted(chosen, key=lambda pattern: (-chosen[pattern], pattern))[:MAX_PATTERNS]
    columns = {f"event:{pattern}": Column(_label(pattern), FeatureKind.COUNT) for pattern in first}
    if CLICK in chosen:
        columns[DAYS_TO_CLICK] = Column("Days to the first click", FeatureKind.NUMBER)
    return columns | {ANYTHING: Column("Anything at all", FeatureKind.COUNT)}


def _label(pattern: str) -> str:
    name, _, topic = pattern.partition(":")
    words = name.replace("_", " ").capitalize()
    return f"{words}: {topic}" if topic else words


def behaviour_table(done: pd.DataFrame, contacts: Iterable[int], columns: Iterable[str]) -> pd.DataFrame:
    """A row of event counts per contact, in the order given; 0 for never, and no value for days to the first click
    without a click.
    """
    index = pd.Index(list(contacts))
    patterns = {column.removeprefix("event:"): column for column in columns if column.startswith("event:")}
    named = done.assign(pattern=done["name"])
    exact = done.assign(pattern=done["name"] + ":" + done["topic"])
    everything = pd.concat([named, exact, done.assign(pattern="")])
    wanted = everything[everything["pattern"].isin(list(patterns))]
    counted = wanted.groupby(["contact_id", "pattern"])["times"].sum().unstack(fill_value=0)
    table = counted.reindex(index=index, columns=list(patterns), fill_value=0).rename(columns=patterns)
    clicked = done[done["name"] == CLICK].groupby("contact_id")["first_day"].min()
    return table.assign(**{DAYS_TO_CLICK: clicked.reindex(index)}).reset_index(drop=True)
