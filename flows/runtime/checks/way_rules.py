"""Rules about the ways through a journey: each leads on, waits, and comes to an end."""

from collections.abc import Callable, Iterator

from flows.runtime.checks.answers import find_impossible_cases, find_unnamed_silences
from flows.runtime.checks.finding import Severity
from flows.runtime.checks.loops import find_endless_mail, find_loops_without_wait
from flows.runtime.checks.mail_rate import find_too_many_mails
from flows.runtime.checks.names import steps
from flows.runtime.checks.rule import Checked, Example, Found, Rule
from flows.runtime.checks.same_steps import find_same_steps
from flows.runtime.contract.arguments import too_far
from flows.runtime.contract.errors import NoEnding
from flows.runtime.maps.journey_map import MapProblem, Trouble
from flows.runtime.verbs.wait import WaitForStep, WaitStep


def _troubles(
    trouble: Trouble, holds: Callable[[MapProblem], bool] = lambda _: True
) -> Callable[[Checked], Iterator[Found]]:
    def find(checked: Checked) -> Iterator[Found]:
        for name, found in checked.maps.items():
            for problem in found.problems:
                if problem.trouble is trouble and holds(problem):
                    at = found.places.get(problem.node)
                    yield Found(problem.sentence.removeprefix(f"{name}: "), name, at, problem.path)

    return find


def _is_about_ending(problem: MapProblem) -> bool:
    return str(NoEnding("")).partition(" returned ")[0] + " returned " in problem.sentence


def _far_moments(checked: Checked) -> Iterator[Found]:
    """Waits until a moment that stands in the code and is too far ahead."""
    for name, found in checked.maps.items():
        for state, ask in steps(found):
            until = ask.until if isinstance(ask, WaitStep | WaitForStep) else None
            if until is not None and (reason := too_far(state.node.title, until, checked.now)):
                yield Found.in_state(reason, name, state)


def _waits_without_end(checked: Checked) -> Iterator[Found]:
    """Waits for an event that have no time limit."""
    for name, found in checked.maps.items():
        for state, ask in steps(found):
            if isinstance(ask, WaitForStep) and None not in ask.possible_answers():
                message = (
                    f"{state.node.title} has no time limit, so whoever never does it stays there for ever. Say "
                    "within=timedelta(...), and what comes next in silence."
                )
                yield Found.in_state(message, name, state)


WAY_RULES = (
    Rule(
        "J201",
        "A path without an ending",
        "A run that comes to the end of the code must say how the customer stands; else it is stuck there.",
        _troubles(Trouble.RAISED, _is_about_ending),
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    if await j.check(Contact.score >= 30):
        return "warm"
""",
            "after 'no' to check score >= 30: The journey returned None, expected an ending",
        ),
    ),
    Rule(
        "J202",
        "A path that runs into an error",
        "Every answer is tried, so what Python raises on any path is seen before a run is stuck there.",
        _troubles(Trouble.RAISED, lambda problem: not _is_about_ending(problem)),
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    if await j.check(Contact.score >= 30):
        await j.wait(3)
    return "waited"
""",
            "after 'yes' to check score >= 30: ValueError: wait needs a length of time such as timedelta(days=3)",
        ),
    ),
    Rule(
        "J203",
        "An outcome that the code does not name",
        "Whoever reports it would go the way of another outcome, and nobody has thought of what comes next.",
        _troubles(Trouble.UNNAMED_OUTCOME),
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    match await j.task("call", due=timedelta(days=1), outcomes=("Reached", "Not Reached")):
        case "Reached":
            return "talked"
    return "no talk"
""",
            "task call may have the outcome 'Not Reached', which the code does not name.",
        ),
    ),
    Rule(
        "J204",
        "Silence, a time-out or another answer without a case",
        "No case is for it, so the code goes on below the match as if it had been thought of.",
        find_unnamed_silences,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    match await j.wait_for("replied", "page_visited:order", within=timedelta(weeks=1)):
        case "replied":
            return "answered"
        case None:
            return "silent"
    return "came to the order page"
""",
            "wait_for replied or page_visited:order may be answered by 'page_visited:order', and no case is for it.",
        ),
    ),
    Rule(
        "J205",
        "A case that no answer brings",
        "A slip in an outcome's name, for example: its case is never taken.",
        find_impossible_cases,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    if await j.check(Contact.score >= 30) and await j.split("words", {"short": 1, "long": 1}) == "shrot":
        return "short words"
    return "long words"
""",
            "split words is never answered by 'shrot'. Did you mean 'short'?",
        ),
    ),
    Rule(
        "J206",
        "A place from which no way leads to an ending",
        "Whoever comes there stays on the journey for ever. An exit condition does not help those who do nothing.",
        _troubles(Trouble.NO_WAY_OUT),
        Example(
            """@journey(starts_on="form_submitted:spring", ends_on={"order_placed": "bought"})
async def spring(j: Journey) -> str:
    while True:
        await j.wait(timedelta(weeks=1))
""",
            "there is a place from which no way leads to an ending.",
        ),
    ),
    Rule(
        "J207",
        "A loop that does not come to an end",
        "It counts, or keeps something else that changes with every turn, and never stops.",
        _troubles(Trouble.TOO_LONG),
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    weeks = 0
    while weeks >= 0:
        weeks += 1
        await j.wait(timedelta(weeks=1), name=f"week {weeks}")
    return "over"
""",
            "there are more than 2,000 steps on a path: a loop does not come to an end.",
        ),
    ),
    Rule(
        "J208",
        "A loop that never waits",
        "What a check answers does not change while nothing waits, so the loop goes round at once until it is stuck.",
        find_loops_without_wait,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    while not await j.check(Contact.score >= 30):
        await j.note("not warm yet")
    return "warm"
""",
            "the loop note not warm yet → check score >= 30 never waits",
        ),
    ),
    Rule(
        "J209",
        "Mails for ever",
        "Whoever never clicks, answers or orders gets mails on and on, also from journeys that hand over to each "
        "other. Mail programs take that for spam. What a check finds or a person reports may end it. A loop within one "
        "journey that ends when a mail cannot be sent is a warning.",
        find_endless_mail,
        Example(
            """@journey(starts_on="form_submitted:spring", ends_on={"order_placed": "bought"})
async def spring(j: Journey) -> str:
    if await j.send("offer") != "queued":
        return "cannot be mailed"
    if await j.wait_for("replied", within=timedelta(weeks=1)):
        return "answered"
    return hand_over("summer")

@journey(ends_on={"order_placed": "bought"})
async def summer(j: Journey) -> str:
    if await j.send("offer") != "queued":
        return "cannot be mailed"
    await j.wait(timedelta(weeks=13))
    return hand_over("spring")
""",
            "whoever does not answer is mailed for ever: spring → summer → spring.",
        ),
    ),
    Rule(
        "J210",
        "A wait for an event without a time limit",
        "Whoever never does it stays there for ever, and cannot enrol again.",
        _waits_without_end,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.wait_for("replied")
    return "answered"
""",
            "wait_for replied has no time limit, so whoever never does it stays there for ever.",
        ),
        Severity.WARNING,
    ),
    Rule(
        "J211",
        "A moment that is too far ahead",
        "Nothing waits for more than ten years.",
        _far_moments,
        Example(
            """from datetime import UTC, datetime

@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.wait_until(datetime(2126, 1, 1, tzinfo=UTC))
    return "waited"
""",
            "wait a moment until 2126-01-01 was found, which is more than ten years ahead.",
        ),
    ),
    Rule(
        "J212",
        "Two steps that cannot be told apart",
        "A run keeps the names of its steps. Where two that ask for different things have one name, a changed journey "
        "would take the answer of one for the other's, and reports add them up. One task at two places, one after the "
        "other, is a warning.",
        find_same_steps,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    if await j.check(Contact.score >= 30, name="warm"):
        if await j.check(Contact.score >= 60, name="warm"):
            return "hot"
    return "cold"
""",
            "two steps are called 'check warm' and ask for different things (lines",
        ),
    ),
    Rule(
        "J213",
        "More mails in a week than a cap allows",
        "On the quickest path, on which everybody answers at once. What is beyond the cap waits for room, loses its "
        "moment, or is not sent. Caps over a day and less only keep mails apart and are not looked at.",
        find_too_many_mails,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    for day in range(1, 7):
        await j.send("offer", name=f"day {day}")
        await j.wait(timedelta(days=1), name=f"after day {day}")
    return "sent"
""",
            "5 marketing mails go out within a week, and the playbook allows 4 marketing mails in 1w:",
        ),
    ),
    Rule(
        "J214",
        "Other steps each time",
        "The same answers must lead to the same steps, today and in a year. Each path is tried several times.",
        _troubles(Trouble.OTHER_STEPS),
        Example(
            """NUMBERS = iter(range(1_000_000))

@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.note(f"number {next(NUMBERS)}")
    return "counted"
""",
            "it asked 'note number 0', then 'note number 1' for the same answers.",
        ),
    ),
    Rule(
        "J215",
        "Code that works on and on",
        "It asks for no step, so all other runs would wait for it.",
        _troubles(Trouble.STANDS_STILL),
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    turns = 0
    while turns >= 0:
        turns += 1
    return "over"
""",
            "it works on and on without asking for a step.",
        ),
    ),
)
