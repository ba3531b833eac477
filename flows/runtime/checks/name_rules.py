"""Rules about what journeys name: it is there, or what was meant is said."""

from collections.abc import Iterator

from flows.runtime.checks.finding import Severity
from flows.runtime.checks.names import (
    find_hand_overs_to_taken_once,
    find_unknown_events,
    find_unknown_in_conditions,
    find_unknown_journeys,
    find_unknown_topics,
    find_wrong_calls,
    unknown_to_playbook,
)
from flows.runtime.checks.rule import Checked, Example, Found, Rule
from flows.runtime.checks.shared_names import (
    find_open_fields,
    find_shared_triggers,
    find_split_conflicts,
    find_unknown_kinds,
    find_unknown_tests,
)


def _playbook(checked: Checked) -> Iterator[Found]:
    for sentence in checked.playbook_problems:
        yield Found(sentence)


def _requests(checked: Checked) -> Iterator[Found]:
    if checked.requests is not None:
        for sentence in checked.requests.problems():
            journey = sentence.partition(": ")[0]
            known = journey in checked.definitions
            yield Found(sentence.removeprefix(f"{journey}: ") if known else sentence, journey if known else None)


NAME_RULES = (
    Rule(
        "J301",
        "A journey that is not there",
        "The run would be stuck when it hands over to it or starts it.",
        find_unknown_journeys,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.wait(timedelta(weeks=1))
    return hand_over("lead_nurtur")
""",
            "hands over to lead_nurtur, which is no journey. Did you mean 'lead_nurture'?",
        ),
    ),
    Rule(
        "J302",
        "A hand-over to what is taken only once",
        "Whoever has taken it would be on no journey at all.",
        find_hand_overs_to_taken_once,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    return hand_over("summer")

@journey(reentry="never")
async def summer(j: Journey) -> str:
    await j.wait(timedelta(weeks=1))
    return "over"
""",
            "hands over to summer, which a contact takes only once",
        ),
    ),
    Rule(
        "J303",
        "A router that the playbook does not have",
        "The run would be stuck, and the lead without an owner.",
        unknown_to_playbook("route", "offer"),
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.route("inbuond")
    return "has an owner"
""",
            "route inbuond: There is no router 'inbuond'. Did you mean 'inbound'?",
        ),
    ),
    Rule(
        "J304",
        "A fulfilment list that the playbook does not have",
        "Nobody would get the list.",
        unknown_to_playbook("fulfil"),
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.fulfil("thank-you note")
    return "on the list"
""",
            "fulfil thank-you note: There is no list 'thank-you note' under `fulfilment` in the playbook",
        ),
    ),
    Rule(
        "J305",
        "A field that contacts do not have",
        "In `j.set`, in the form of a task, or whose date is waited for.",
        unknown_to_playbook("set", "wait_until", "task"),
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.set(stagee="sql")
    return "qualified"
""",
            "set stagee = sql: Contacts have no field 'stagee'. Did you mean 'stage'?",
        ),
    ),
    Rule(
        "J306",
        "A kind of task that nobody has defined",
        "Nobody would know what can be reported.",
        find_unknown_kinds,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    match await j.task("call_again", kind="cal_lead", outcomes=("Done",)):
        case "Done":
            return "called"
""",
            "task call_again: There is no kind of task 'cal_lead'. Did you mean call_lead?",
        ),
    ),
    Rule(
        "J307",
        "An event that nothing tells of",
        "The journey would never start, end or go on by it. Other systems may tell of any event; what is nearly one of "
        "Tend's own is taken for a misspelling.",
        find_unknown_events,
        Example(
            """@journey(starts_on="form_submited:spring")
async def spring(j: Journey) -> str:
    await j.wait(timedelta(weeks=1))
    return "waited"
""",
            "nothing tells of 'form_submited'. Did you mean 'form_submitted'?",
        ),
    ),
    Rule(
        "J308",
        "A mail, product, stage or form in a pattern that is not there",
        "The same, for what stands behind the colon. A form that no other place names, and that is nearly one that "
        "others name, is a warning.",
        find_unknown_topics,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    await j.wait_for("link_clicked:lead_nurture/artcle_1", within=timedelta(weeks=1))
    return "waited"
""",
            "wait_for link_clicked:lead_nurture/artcle_1: 'link_clicked:lead_nurture/artcle_1' names the mail "
            "lead_nurture/artcle_1, which is not there. Did you mean 'lead_nurture/article_1'?",
        ),
    ),
    Rule(
        "J309",
        "A condition about what is not there",
        "A custom field, a mail or a journey: the condition never holds.",
        find_unknown_in_conditions,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    if await j.check(Contact.custom["chalenge"].astext == "Customer loyalty", name="loyalty"):
        return "loyalty"
    return "something else"
""",
            "check loyalty: contacts have no field 'chalenge', so it never holds. Did you mean 'challenge'?",
        ),
    ),
    Rule(
        "J310",
        "An activity that cannot be called so",
        "Its worker would not find it, or Python would refuse its arguments, after all tries.",
        find_wrong_calls,
        Example(
            """from flows.runtime import ActivityFailed, activity

@activity()
async def employees_of(company: str) -> int:
    return len(company)

@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    try:
        await j.call(employees_of)
    except ActivityFailed:
        return "nobody knows"
    return "asked"
""",
            "call employees_of: the activity does not take these arguments: missing a required argument: 'company'.",
        ),
    ),
    Rule(
        "J311",
        "One split test with two sets of variants",
        "A contact has one variant per split test, in whichever journey.",
        find_split_conflicts,
        Example(
            """@journey(starts_on="form_submitted:spring")
async def spring(j: Journey) -> str:
    return await j.split("words", {"short": 1, "long": 1})

@journey(starts_on="form_submitted:summer")
async def summer(j: Journey) -> str:
    return await j.split("words", {"short": 1, "long": 2})
""",
            "the split test 'words' has the weights {'short': 1, 'long': 2}, but in spring it has",
        ),
    ),
    Rule(
        "J312",
        "A split test of the playbook that no journey has",
        "Nothing would be judged.",
        find_unknown_tests,
    ),
    Rule(
        "J313",
        "A playbook that cannot be read",
        "Each of its sentences names the line and what was expected.",
        _playbook,
    ),
    Rule(
        "J314",
        "An event that starts several journeys",
        "Whoever it comes from gets the mails and tasks of each.",
        find_shared_triggers,
        Example(
            """@journey(starts_on="form_submitted:support")
async def spring(j: Journey) -> str:
    await j.wait(timedelta(weeks=1))
    return "waited"
""",
            "form_submitted:support starts 2 journeys: Spring, Support request.",
        ),
        Severity.WARNING,
    ),
    Rule(
        "J315",
        "A field that anybody can set",
        "Salespeople fill it in, and a public source lists it.",
        find_open_fields,
        severity=Severity.WARNING,
    ),
)

REQUEST_RULES = (
    Rule(
        "J501",
        "A request for a person that would be lost",
        "See [who asks again](journeys.md#who-asks-again).",
        _requests,
        Example(
            """@journey(fallback_trigger="asked_again")
async def spring(j: Journey) -> str:
    await j.wait(timedelta(weeks=1))
    return "waited"
""",
            "it takes requests that nothing else takes up, and waits or ends before anybody has a task.",
        ),
    ),
)
