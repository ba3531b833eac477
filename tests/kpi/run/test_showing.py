"""What a run shows: the table of KPIs in Prefect and in the terminal, and sentences for what cannot be counted."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from deployments.commands.report import report as report_command
from deployments.stack.command_error import CommandError
from flows.operations.kpi_report import artifact_rows, markdown, report_now
from models.database import engine
from models.kpi.period import PeriodError
from models.kpi.run import run_report
from tests.support.database import write
from tests.support.reports import report
from tests.support.story import Story

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def story(make_story: Callable[..., Story], monkeypatch: pytest.MonkeyPatch) -> Story:
    """Forty leads of three days ago, one of whom ordered."""
    monkeypatch.setattr("deployments.commands.report.use_database", lambda: None)
    story = make_story()
    story.now = NOW - 3 * DAY
    for number in range(40):
        contact = story.contact(f"c{number}@example.com", created_at=story.now)
        story.happens("form_submitted", "guide", contact=contact)
    story.now += timedelta(minutes=5)
    story.happens("order_placed", contact=contact, data={"amount": 100})
    return story


def printed(*asked: str | None, everything: bool = False) -> str:
    """What `tend report` prints on a terminal of 80 columns."""
    begin, end = (*asked, None, None)[:2]
    out = StringIO()
    report_command(begin, end, everything, Console(file=out, width=80))
    return out.getvalue()


def test_the_command_counts_and_shows_the_kpis_with_n_and_interval(story: Story) -> None:
    text = printed()
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"All days counted: 40 contacts looked at, [\d,]+ rows", text)
    assert re.search(r"Leads +period +40 ", text)
    assert re.search(r"Share to orders +cohort +2\.5% +40 +0\.4% to 13%", text)
    assert "of fewer than 30" in text


def test_the_command_says_what_is_different_of_the_past(story: Story) -> None:
    report(NOW - 2 * DAY)
    write('UPDATE "order" SET amount = 70')
    day = (NOW - 3 * DAY).date()
    text = " ".join(printed((day - DAY).isoformat(), day.isoformat()).split())
    assert "sale (amount) $70, was $100" in text
    assert re.search(r"\d+ numbers of 1 day before changed", text)


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        ("1976-01-01", None, "is longer than 10 years"),
        ("2026-03-31", "2026-03-01", "Give the two dates the other way round"),
        ("2999-01-01", None, "is still to come"),
        ("yesterday", None, "'yesterday' is no date"),
    ],
)
def test_days_that_are_no_period_are_told_in_a_sentence(story: Story, begin: str, end: str | None, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        printed(begin, end)


def test_without_a_playbook_the_command_says_what_to_do(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deployments.commands.report.use_database", lambda: None)
    with pytest.raises(CommandError, match="playbook"):
        printed()


def test_the_flow_shows_the_same_numbers_and_leads_to_the_report(story: Story) -> None:
    result, table = report_now(None, None, False, NOW)
    leads = next(row for row in table if (row["KPI"], row["reading"]) == ("Leads", "period"))
    assert (leads["yesterday"], leads["last 30 days"]) == ("0", "40")
    assert list(leads)[:3] == ["KPI", "reading", "currency"]
    assert "/reports)" in markdown(result)
    assert "All days counted: 40 contacts looked at" in markdown(result)


def test_the_artifact_has_the_kpis_in_as_many_columns_as_prefect_shows(story: Story) -> None:
    _, table = report_now(None, None, False, NOW)
    shown = artifact_rows(table)
    assert {tuple(row) for row in shown} == {("KPI", "by", "last 30 days", "n", "95%", "yesterday")}
    assert [(row["KPI"], row["by"]) for row in shown] == [(row["KPI"], row["reading"]) for row in table]
    orders = next(row for row in shown if (row["KPI"], row["by"]) == ("Share to orders", "cohort"))
    assert (orders["last 30 days"], orders["n"], orders["95%"]) == ("2.5%", "40", "0.4% to 13%")
    # A day without any money has none of the same currency, and no row of its own.
    [revenue] = [row for row in shown if (row["KPI"], row["by"]) == ("Revenue", "period")]
    assert (revenue["last 30 days"], revenue["yesterday"]) == ("$100", "$0")
    assert all(isinstance(value, str) for row in shown for value in row.values())


def test_the_flow_names_the_changes_of_the_past_and_how_many_more(story: Story) -> None:
    report(NOW - 2 * DAY)
    write("UPDATE contact SET source = 'fair', created_at = created_at - interval '1 day'")
    write("UPDATE \"order\" SET placed_at = placed_at - interval '1 day', amount = 70")
    result = run_report(engine(), NOW, full=True)
    said = markdown(result)
    assert result.changed_count > 10
    assert said.count("\n- ") == min(result.changed_count, 30 + (result.changed_count > 30))
    assert re.search(r"- \d+ \w+ \d{4}: lead 40, was 0", said)


def test_the_flow_refuses_days_that_are_no_period(story: Story) -> None:
    with pytest.raises(PeriodError, match="other way round"):
        report_now(date(2026, 3, 31), date(2026, 3, 1), False, NOW)
