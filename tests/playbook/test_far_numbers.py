"""Numbers, lengths and days far out of range: each is a sentence about its line, never an error of Python."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.conditions.parse import BadCondition, parse_condition
from models.conditions.unsatisfiable import unsatisfiable_reason
from models.playbook import BadPlaybook, load
from tests.support.playbook import SHIPPED, the_shipped_playbook

DOCUMENT = yaml.safe_load(SHIPPED.read_text())
FAR: list[Any] = [10**30, -1, 10**400, 1e308, float("inf"), float("nan"), 5e-324, "9" * 5_000, True, "", None, [], {}]
FAR += [
    "999999999h",
    "999999999 hours",
    "9999w",
    "-3d",
    "1e12 days",
    "25:00",
    "20:00-25:00",
    "9999-12-31",
    "0001-01-01",
]
FAR += ['next_check_in > "9999-12-31"', "score >= 1e999", "employees > -99999999999999999999999999"]

Path_ = tuple[Any, ...]


def places(node: Any, path: Path_ = ()) -> list[Path_]:
    """Where a value stands in the playbook, one place for each of a list."""
    if isinstance(node, dict):
        return [place for key, value in node.items() for place in places(value, (*path, key))]
    if isinstance(node, list):
        return places(node[0], (*path, 0)) if node else []
    return [path]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(places(DOCUMENT)), value=st.sampled_from(FAR))
def test_any_value_anywhere_in_the_playbook_is_taken_or_told(tmp_path: Path, place: Path_, value: Any) -> None:
    document = yaml.safe_load(SHIPPED.read_text())
    node = document
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    file = tmp_path / "playbook.yaml"
    file.write_text(yaml.safe_dump(document))
    try:
        assert load(file).company.name
    except BadPlaybook as told:
        refused = told.sentences
        assert refused


@pytest.mark.parametrize("field", ["score", "employees", "next_check_in", "created_at", "probability", "company"])
def test_a_condition_with_any_number_or_day_is_read_or_told(field: str) -> None:
    fields = the_shipped_playbook().fields
    numbers = ["1e999", "-1e400", "9" * 90, "10**9", "5e-324", "-0.0", '"9999-12-31"', '"0001-01-01"', '"10000-01-01"']
    for number in numbers:
        for condition in (f"{field} > {number}", f"{number} >= {field}", f"{field} in ({number}, {number})"):
            try:
                assert parse_condition(condition, fields) is not None
                reason = unsatisfiable_reason(condition, fields)
                assert reason is None or reason.endswith(".") or len(reason) > 10
            except BadCondition as told:
                sentence = str(told)
                assert sentence
