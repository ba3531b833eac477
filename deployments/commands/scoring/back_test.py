"""`tend back-test`: past leads scored by another playbook, beside the scores of the one in force."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deployments.commands.scoring.back_test_rows import IN_FORCE, TRIED, metric_cells
from deployments.stack.command_error import CommandError
from deployments.stack.database_address import use_database

if TYPE_CHECKING:
    from models.playbook import Playbook
    from models.scoring.back_test import BackTest

HEADINGS = """\
[bold]hot[/]: leads that rose to the threshold before they bought, [bold]a week[/]: of them per week
[bold]bought[/]: share of the hot leads that bought, [bold]others[/]: share of all other leads
[bold]caught[/]: share of the buyers that were hot first, [bold]ahead[/]: median time from hot to order, of buyers
In brackets: between which percentages the true share lies (95% confidence)
"""

LIMITS = (
    "Events count as they happened, before a lead's first order only. Fields count as they are today: what they held "
    "then is not kept.",
    "What was told late counts when it happened, though nobody could have called for it then.",
    "Leads of the last weeks may still buy, so closing rates are rather higher in the end.",
)


def run_back_test(path: Path, since: datetime | None, html: Path, console: Console) -> None:
    """Score the history by both playbooks and show the metrics; the database is only read."""
    from deployments.commands.scoring.back_test_report import write_report
    from models.database import engine

    tried = _load(path)
    use_database()
    with engine().connect() as connection:
        # One snapshot for both, and nothing can be written by mistake.
        connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        playbooks = {IN_FORCE: _current(connection), TRIED: tried}
        tests = _back_tests(connection, playbooks, since, console)
        _show(tests, playbooks, console)
        try:
            write_report(html, connection, tests, [*LIMITS, *left_out(playbooks)])
        except OSError as error:
            raise CommandError(f"{html} cannot be written ({error.strerror}); name another file with --html.") from None
    console.print(f"Charts, and who would have been hot when: {escape(str(html))}", soft_wrap=True, highlight=False)


def _load(path: Path) -> "Playbook":
    from models.playbook import BadPlaybook, load

    try:
        return load(path)
    except BadPlaybook as error:
        raise CommandError(str(error)) from None


def _current(connection: object) -> "Playbook":
    from models.playbook import NoPlaybook, current_playbook

    try:
        return current_playbook(connection)  # type: ignore[arg-type]
    except NoPlaybook as error:
        raise CommandError(str(error)) from None


def _back_tests(
    connection: object, playbooks: Mapping[str, "Playbook"], since: datetime | None, console: Console
) -> dict[str, "BackTest"]:
    from models.scoring.back_test import back_test
    from models.scoring.back_test_data import read_back_test_data

    now, tests = datetime.now(UTC), {}
    for name, playbook in playbooks.items():
        with console.status(f"Reading what the playbook {name} gives points for …") as status:
            history = read_back_test_data(connection, playbook, now, since and since.astimezone())  # type: ignore[arg-type]
            if history.leads.empty:
                raise CommandError(_nobody(since))
            status.update(f"Scoring {len(history.entries):,} entries by the playbook {name} …")
            tests[name] = back_test(history, playbook.scoring)
    return tests


def _nobody(since: datetime | None) -> str:
    when = f" since {since:%Y-%m-%d}" if since else ""
    return f"There are no leads{when} to score. Leads who bought before anything else was known of them do not count."


def _show(tests: Mapping[str, "BackTest"], playbooks: Mapping[str, "Playbook"], console: Console) -> None:
    leads = tests[TRIED].leads
    bought = int(leads["bought_at"].notna().sum())
    weeks = f"{tests[TRIED].weeks:,.0f}"
    console.print(f"{len(leads):,} leads in {weeks} weeks, {bought:,} of them bought.", highlight=False)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for heading in ("playbook", "threshold", "points", "hot", "a week", "bought", "others", "caught", "ahead"):
        table.add_column(heading, justify="left" if heading in ("playbook", "threshold") else "right")
    for name, test in tests.items():
        for result in test.results:
            table.add_row(name, *metric_cells(result))
        table.add_section()
    if any(test.results for test in tests.values()):
        console.print(table)
        console.print(HEADINGS, highlight=False)
    for sentence in (*_without_thresholds(tests), *LIMITS, *left_out(playbooks)):
        console.print(escape(sentence), style="dim", highlight=False)


def _without_thresholds(tests: Mapping[str, "BackTest"]) -> list[str]:
    return [
        f"The playbook {name} names no rising thresholds above 0: add some under scoring to see who would be hot."
        for name, test in tests.items()
        if not test.results
    ]


def left_out(playbooks: Mapping[str, "Playbook"]) -> list[str]:
    """A sentence for each rule that cannot be tried on the past."""
    from models.scoring.back_test_data import outcome_fields_in

    return [
        f"Left out of the playbook {name}: rule “{rule.name}”. It looks at {', '.join(sorted(fields))}, "
        "which tells what came of a lead, not what was known before."
        for name, playbook in playbooks.items()
        for rule in playbook.scoring.rules
        if (fields := outcome_fields_in(rule))
    ]
