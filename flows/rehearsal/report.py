"""What a rehearsal says, as tables with a heading each; `render.py` writes them as text, Markdown or JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flows.rehearsal.answer_draws import too_little_data
from flows.rehearsal.bands import Band, band, bands_by_key
from flows.rehearsal.compare import partings, who_part
from flows.rehearsal.rehearse import Rehearsal
from flows.rehearsal.result import Result

Cell = str | int | float | Band | date | None

REAL_NUMBERS = ("contacts on the journey", "mails", "tasks", "runs that ended", "runs that did not end")
"""What is known of what really happened."""

SHOWN = 12
"""Rows of a table of names; the others are counted."""

ASSUMED = (
    "Fields of contacts are as they are known today; score, stage, owner, suppression and past runs as they were then.",
    "Orders, forms and visits happen as they were recorded, whatever the journey does: it shows work, not sales.",
    "Who opens, clicks, replies, unsubscribes or reports what is drawn from this business's own rates.",
    "Forms of tasks are left empty, offers and work done outside are not answered, and nothing bounces.",
)


@dataclass(frozen=True)
class Table:
    """One table of the report; the first column names, the others count."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


@dataclass(frozen=True)
class Report:
    """The whole report."""

    title: str
    about: str
    tables: Sequence[Table]
    mails_by_day: Mapping[date, Band]
    notes: Sequence[str] = field(default_factory=tuple)


def report_of(rehearsal: Rehearsal) -> Report:
    """The report of one version of a journey."""
    cohort, question = rehearsal.cohort, rehearsal.question
    sample = f", a sample of {cohort.found:,}" if cohort.is_sample else ""
    about = (
        f"{len(cohort.contacts):,} contacts{sample}, {cohort.begin:%Y-%m-%d} to {cohort.end:%Y-%m-%d}, "
        f"played {len(rehearsal.results)} times; of each number the median, and where eight plays of ten lie. "
        f"Answers are drawn from {rehearsal.rates.since:%Y-%m-%d} to {rehearsal.rates.until:%Y-%m-%d}. {cohort.entry}"
    )
    tables = [
        *_comparison(rehearsal),
        *_beside_reality(rehearsal),
        _numbers(rehearsal.results),
        _by_week(rehearsal),
        _named("Mails", "mail", rehearsal.results, lambda result: result.mails),
        _by_person(rehearsal),
        _named("Tasks", "task", rehearsal.results, lambda result: result.tasks),
        _named("Endings", "journey and ending", rehearsal.results, lambda result: result.endings),
        _named("Not ended when the time is over", "journey and step", rehearsal.results, lambda result: result.open),
        _named("Stuck", "journey and reason", rehearsal.results, lambda result: result.stuck),
    ]
    by_day = _every_day(rehearsal)
    return Report(
        f"Rehearsal of {question.journey}",
        about,
        [table for table in tables if table.rows],
        by_day,
        (*_few_data(rehearsal), *ASSUMED),
    )


def numbers_of(result: Result) -> dict[str, int]:
    """The single numbers of a play, by what people call them."""
    return {
        "contacts on the journey": result.entered,
        "mails": sum(result.mails.values()),
        "tasks": sum(result.tasks.values()),
        "runs that ended": sum(result.endings.values()),
        "runs that did not end": sum(result.open.values()),
        "runs that got stuck": sum(result.stuck.values()),
        "contacts with mail of two journeys in a week": result.two_journeys,
        "mails that waited for a cap": result.waited_for_cap,
        "mails that a cap skipped": result.skipped_by_cap,
    }


def _comparison(rehearsal: Rehearsal) -> Iterator[Table]:
    """Beside the other version: the numbers of both, and where contacts go another way."""
    if not rehearsal.others:
        return
    here, there = ([numbers_of(one) for one in results] for results in (rehearsal.results, rehearsal.others))
    columns = ("", "this code", rehearsal.other_called)
    rows: list[Sequence[Cell]] = [
        (name, band([one[name] for one in here]), band([one[name] for one in there])) for name in here[0]
    ]
    yield Table(f"Beside {rehearsal.other_called}", columns, rows)
    found = list(partings(rehearsal.results, rehearsal.others).items())
    several = who_part(rehearsal.results, rehearsal.others)
    note = f"{several} contacts go another way" + (
        f", some of them at {len(found) - SHOWN} more places." if found[SHOWN:] else "."
    )
    ways = [(one.after, one.here, one.there, contacts) for one, contacts in found[:SHOWN]]
    if not ways:
        ways = [("nowhere", "the same", "the same", band([0]))]
    yield Table("Where they part", ("after", "this code", rehearsal.other_called, "contacts"), ways, note)


def _beside_reality(rehearsal: Rehearsal) -> Iterator[Table]:
    """Beside what then happened: how far off each number is, and whether it lies in its band."""
    if rehearsal.real is None:
        return
    played, real = [numbers_of(one) for one in rehearsal.results], numbers_of(rehearsal.real)
    rows: list[Sequence[Cell]] = []
    for name in REAL_NUMBERS:
        found = band([one[name] for one in played])
        off = f"{found.middle / real[name] - 1:+.0%}" if real[name] else "not known"
        rows.append((name, found, real[name], off, "yes" if found.holds(real[name]) else "no"))
    columns = ("", "rehearsed", "happened", "off by", "in the band")
    yield Table("Beside what then happened", columns, rows, "Answers are drawn from what was known before that time.")


def _numbers(results: Sequence[Result]) -> Table:
    found = [numbers_of(result) for result in results]
    return Table("In all", ("", "number"), [(name, band([one[name] for one in found])) for name in found[0]])


def _named(title: str, what: str, results: Sequence[Result], counts: Any) -> Table:
    found = list(bands_by_key(results, counts).items())
    rows: list[Sequence[Cell]] = [(_name(key), value) for key, value in found[:SHOWN]]
    rest = found[SHOWN:]
    return Table(title, (what, "number"), rows, f"and {len(rest)} more, each with fewer" if rest else "")


def _name(key: object) -> str:
    return ": ".join(str(part) for part in key) if isinstance(key, tuple) else str(key)


def _every_day(rehearsal: Rehearsal) -> dict[date, Band]:
    found = bands_by_key(rehearsal.results, lambda result: result.mails_by_day)
    first = rehearsal.cohort.begin.date()
    days = range((rehearsal.cohort.end.date() - first).days + 1)
    return {day: found.get(day, Band(0, 0, 0)) for day in (first + timedelta(days=number) for number in days)}


def _by_week(rehearsal: Rehearsal) -> Table:
    def weekly(result: Result) -> dict[date, int]:
        weeks: dict[date, int] = {}
        for day, n in result.mails_by_day.items():
            monday = day - timedelta(days=day.weekday())
            weeks[monday] = weeks.get(monday, 0) + n
        return weeks

    found = sorted(bands_by_key(rehearsal.results, weekly).items())
    busiest = band([max(result.mails_by_day.values(), default=0) for result in rehearsal.results])
    return Table("Mails by week", ("week from", "mails"), found, f"The busiest day has {busiest} mails.")


def _by_person(rehearsal: Rehearsal) -> Table:
    def in_all(result: Result) -> dict[str, int]:
        people: dict[str, int] = {}
        for (person, _), n in result.tasks_by_day.items():
            people[person] = people.get(person, 0) + n
        return people

    def busiest(result: Result) -> dict[str, int]:
        people: dict[str, int] = {}
        for (person, _), n in result.tasks_by_day.items():
            people[person] = max(people.get(person, 0), n)
        return people

    totals, days = bands_by_key(rehearsal.results, in_all), bands_by_key(rehearsal.results, busiest)
    done = rehearsal.rates.busiest_day
    rows = [(person, total, days[person], done.get(person)) for person, total in totals.items()]
    note = "The last column is the most that they have reported on a day so far."
    return Table("Tasks by person", ("person", "tasks", "on the busiest day", "most done in a day"), rows, note)


def _few_data(rehearsal: Rehearsal) -> Iterator[str]:
    templates = sorted({template for result in rehearsal.results for template in result.mails})
    tasks = sorted({task for result in rehearsal.results for task in result.tasks})
    for sentence in too_little_data(rehearsal.rates, templates, tasks):
        yield f"Too little data of {sentence}."
