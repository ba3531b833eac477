"""What counting goes by beside the contacts' rows. Where that changes, what was counted before is counted anew."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, text

from models.database import to_json
from models.kpi.counting.fields import fields_setting
from models.kpi.team_history import read_team_spans
from models.playbook import Playbook
from models.splits import holdout_name

CODE = (
    *("measures.py", "team_history.py", "facts", "counting", "totals"),
    *(f"contribution/{name}.py" for name in ("holdouts", "messages", "recount", "sources", "steps")),
)
"""What counts, in models/kpi: another version of it may count otherwise."""

REPS = text("""
SELECT rep.id, rep.team_id, rep.hours, coalesce(rep.time_zone, team.time_zone) AS zone
FROM rep LEFT JOIN team ON team.id = rep.team_id
""")

PRODUCTS = text("SELECT id, code, name, price, currency FROM product")

WORDS = {
    "code": "how it is counted (another version of Tend)",
    "clock": "the clock, which was set back",
    "zone": "the time zone",
    "holidays": "the holidays",
    "money": "the currency or its rates",
    "full customer": "what makes a full customer",
    "stalled": "when a lead is stalled",
    "touched": "how long after a mail or a step something is touched by it",
    "holdouts": "how long after a draw something counts",
    "rep": "the team or the hours of salespeople",
    "teams": "who was in which team",
    "product": "the products",
}


def settings(connection: Connection, playbook: Playbook) -> dict[str, str]:
    """Name -> a digest. Each rep and product has a name of its own: a new rep changes nothing of the past, and a new
    product only what is counted of those who ask about it.
    """
    reports = playbook.reports
    found = {
        "code": _digest_of_code(),
        "zone": playbook.company.time_zone,
        "holidays": _digest(playbook.company.holidays.model_dump(mode="json")),
        "money": _digest([reports.currency, playbook.orders.currency, [rate.model_dump() for rate in reports.rates]]),
        "full customer": reports.full_customer or "",
        "fields": fields_setting(playbook.fields),
        "stalled": str(reports.stalled_after),
        "touched": str(reports.touched_within),
        "holdouts": _digest(
            {name: str(one.within) for name, one in playbook.split_tests.items() if name.endswith(holdout_name(""))}
        ),
    }
    found["teams"] = _digest([asdict(one) for one in read_team_spans(connection, playbook)])
    found |= {f"rep:{row.id}": _digest([*row[1:]]) for row in connection.execute(REPS)}
    return found | {f"product:{row.id}": _digest([*row[1:]]) for row in connection.execute(PRODUCTS)}


def write_settings(found: Mapping[str, str]) -> str:
    """As `kpi_run.settings` keeps them."""
    return to_json(found)


def changed_settings(before: str, now: Mapping[str, str]) -> list[str]:
    """In words what is not as it was, of what there was."""
    stored: dict[str, str] = orjson.loads(before) if before else {}
    changed = {name.partition(":")[0] for name, digest in stored.items() if now.get(name) != digest}
    return [words for name, words in WORDS.items() if name in changed]


def new_products(before: str, now: Mapping[str, str]) -> list[int]:
    """The numbers of the products that there were none of before."""
    stored: dict[str, str] = orjson.loads(before) if before else {}
    return [int(name.partition(":")[2]) for name in now if name.startswith("product:") and name not in stored]


def _digest(value: Any) -> str:
    return hashlib.blake2b(to_json(value).encode(), digest_size=6).hexdigest()


@cache
def _digest_of_code() -> str:
    folder = Path(__file__).parents[1]
    files = [file for name in CODE for file in _sources(folder / name)]
    return hashlib.blake2b(b"".join(file.read_bytes() for file in files), digest_size=6).hexdigest()


def _sources(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]
