"""Rules about the code of journeys: what is awaited, and that a replay asks the same again."""

from collections.abc import Callable, Iterator

from flows.runtime.authoring.not_repeatable import Slip
from flows.runtime.checks.finding import Severity
from flows.runtime.checks.rule import Checked, Example, Found, Rule


def _of_kind(kind: Slip) -> Callable[[Checked], Iterator[Found]]:
    def find(checked: Checked) -> Iterator[Found]:
        for journey, slips in checked.slips.items():
            for slip in slips:
                if slip.kind is kind:
                    yield Found(slip.sentence, journey, (slip.path, slip.line))

    return find


def _unloadable(checked: Checked) -> Iterator[Found]:
    for file in checked.unloadable:
        yield Found(file.sentence, at=(file.path, file.line or 1))


def _warned(checked: Checked) -> Iterator[Found]:
    for at, sentence in checked.warned:
        yield Found(sentence, at=at)


CODE_RULES = (
    Rule(
        "J001",
        "A file that Python cannot load",
        "Its journeys start for nobody, or their runs are stuck, until the file is mended. The others go on.",
        _unloadable,
    ),
    Rule(
        "J101",
        "A step that is not awaited",
        "Nothing of it is done: no mail is sent, no question asked. A run that goes on all the same is stuck.",
        _of_kind(Slip.NOT_AWAITED),
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    j.send("offer")
    await j.wait(timedelta(weeks=1))
    return "sent"
""",
            "j.send(...) is made and not awaited. Write `await j.send(...)`.",
        ),
    ),
    Rule(
        "J102",
        "Except without a kind of error",
        "It swallows the errors that tell of the other slips here, and the run ends as if all were well.",
        _of_kind(Slip.HIDES_ERRORS),
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    try:
        await j.send("offer")
    except:
        return "went wrong"
    return "sent"
""",
            "`except` without a kind of error hides what is wrong.",
        ),
    ),
    Rule(
        "J103",
        "The clock",
        "A run is performed again from the top whenever it goes on, so it would be told another moment each time.",
        _of_kind(Slip.CLOCK),
        Example(
            """from datetime import date

@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    if in_spring():
        await j.send("offer")
    return "looked"

def in_spring() -> bool:
    return 3 <= date.today().month <= 5
""",
            "date.today(...) gives another moment at each replay. Write `j.now`.",
        ),
    ),
    Rule(
        "J104",
        "Chance",
        "The same: a replay would draw again. A split test draws once for each contact and is judged.",
        _of_kind(Slip.CHANCE),
        Example(
            """import random

@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.send(random.choice(("offer", "offer_short")))
    return "sent"
""",
            "random.choice(...) gives another answer at each replay.",
        ),
    ),
    Rule(
        "J105",
        "Files, networks, databases, settings",
        "They would be asked again at each replay, with other answers, while all other runs of the turn wait. The "
        "check tries no journey that does so: its ways are looked at when this is mended.",
        _of_kind(Slip.OUTSIDE),
        Example(
            """import os

SEASON = os.environ.get("SEASON", "spring")

@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    if SEASON == "spring":
        await j.send("offer")
    return "looked"
""",
            "os.environ.get(...) is asked again at each replay",
        ),
    ),
    Rule(
        "J106",
        "Sleeping",
        "Weeks pass between two steps and no process waits for them; one that sleeps holds up every other run. The "
        "check does not try such a journey either.",
        _of_kind(Slip.SLEEP),
        Example(
            """import time

@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.send("offer")
    time.sleep(60)
    return "sent"
""",
            "time.sleep(...) holds up every other run. Write `await j.wait(timedelta(...))`.",
        ),
    ),
    Rule(
        "J107",
        "Several steps at once",
        "A run stands at one step at a time. What shall go on beside it is another journey: `await j.start(...)`.",
        _of_kind(Slip.SEVERAL_AT_ONCE),
        Example(
            """import asyncio

@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await asyncio.gather(j.send("offer"), j.task("call", due=timedelta(days=1), outcomes=("Reached",)))
    return "done"
""",
            "asyncio.gather(...) cannot be used on steps, which are taken one after another.",
        ),
    ),
    Rule(
        "J108",
        "Something that all runs share",
        "A variable of the module is shared by the runs of a process and changed again at each replay.",
        _of_kind(Slip.SHARED),
        Example(
            """WELCOMED = []

@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    if len(WELCOMED) < 100:
        await j.send("offer")
    WELCOMED.append(j.now)
    return "looked"
""",
            "WELCOMED is changed here, and is shared by all runs and changed again at each replay.",
        ),
    ),
    Rule(
        "J109",
        "An order that varies",
        "Python mixes the elements of a set anew in each process, so a run that goes on tomorrow is asked other steps.",
        _of_kind(Slip.ORDER),
        Example(
            """MAILS = {"offer", "case_study", "last_call"}

@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    for mail in MAILS:
        await j.send(mail)
        await j.wait(timedelta(weeks=1), name=f"a week after {mail}")
    return "sent"
""",
            "MAILS is a set, whose order is another one in each process",
        ),
    ),
    Rule(
        "J110",
        "Something awaited that is no step",
        "Runs are not driven by asyncio, so nothing but a step can be awaited: the run is stuck.",
        _of_kind(Slip.FOREIGN_AWAIT),
        Example(
            """from flows.runtime import activity

@activity()
async def employees_of(company: str) -> int:
    return len(company)

@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await employees_of("Acme")
    return "looked"
""",
            "employees_of(...) is an activity, which is done outside. Write `await j.call(employees_of, ...)`.",
        ),
    ),
    Rule(
        "J111",
        "A step in finally",
        "A run that waits is put aside, and Python performs `finally` then: the step would be asked for each time.",
        _of_kind(Slip.FINALLY),
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    try:
        await j.wait(timedelta(weeks=1))
    finally:
        await j.note("over")
    return "waited"
""",
            "a step in `finally` is asked for each time that a run is put aside.",
        ),
    ),
    Rule(
        "J112",
        "Something printed or logged",
        "It is written again at each replay. A note stands on the contact's timeline, once.",
        _of_kind(Slip.PRINTS),
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    print("begins")
    await j.wait(timedelta(weeks=1))
    return "waited"
""",
            "print(...) is written again at each replay. Write `await j.note(...)`",
        ),
        Severity.WARNING,
    ),
    Rule(
        "J113",
        "A keyword by its old name",
        "It works, and will not for ever.",
        _warned,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.add_points(5, why="spring")
    return "counted"
""",
            "add_points(why=...) is now add_points(reason=...).",
        ),
        Severity.WARNING,
    ),
)
