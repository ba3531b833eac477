"""KPIs of following up: how fast leads hear from a person, how many do, and what becomes of offers."""

from models.kpi.definitions.kpi import (
    Better,
    Example,
    Kpi,
    MedianWait,
    Ratio,
    Total,
    counted,
)
from models.tables.kpi import KpiName, Reading, Unit

BY_REQUEST = "the day of the request; followed up by now"

WAITING = (
    "Those who still wait are counted in, with the time that they have waited so far (Kaplan-Meier).",
    "What a program sends is no follow-up: only what a person did or reported counts.",
    "It is empty while fewer than half of the requests have come so far.",
)


def _within(name: KpiName, words: str, source: str) -> Kpi:
    return Kpi(
        name=name,
        title=f"Followed up within {words}",
        definition=f"How many of the requests for a person were followed up within {words}, by the clock.",
        formula=f"requests followed up within {words} / requests",
        unit=Unit.SHARE,
        better=Better.HIGHER,
        cohort=Ratio(basis=BY_REQUEST, numerator=(counted(name.value),), denominator=(counted("request"),)),
        example=Example(
            words=f"100 requests, 48 of them followed up within {words}: 48%.",
            reading=Reading.COHORT,
            sums={f"{name.value}.count": 48, "request.count": 100},
            value=0.48,
        ),
        edge_cases=("Nights and weekends count; see the response time in working hours.",),
        source=source,
    )


RESPONSE = (
    Kpi(
        name=KpiName.RESPONSE_TIME,
        title="Response time",
        definition="How long somebody who asks for a person waits for the first attempt to reach them, by the clock.",
        formula="the time within which half of the requests were followed up (median)",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        cohort=MedianWait(basis=BY_REQUEST, begin="request", goal="first_contact"),
        example=Example(
            words="Four requests: followed up after 5, 20 and 60 minutes, and one that has waited for two hours. "
            "Half were followed up within 20 minutes.",
            reading=Reading.COHORT,
            happened=(300, 1_200, 3_600),
            waiting=(7_200,),
            value=1_200,
        ),
        edge_cases=(
            *WAITING,
            "Many tools give the mean of those who were answered, and count the first activity, mails of programs too.",
        ),
        source="At most 30 minutes to the first follow-up, better 5.",
    ),
    Kpi(
        name=KpiName.WORKING_RESPONSE_TIME,
        title="Response time in working hours",
        definition="The same by the working hours of the salesperson: nights, weekends and holidays do not count.",
        formula="the working time within which half of the requests were followed up (median)",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        cohort=MedianWait(basis=BY_REQUEST, begin="request", goal="first_contact_working"),
        example=Example(
            words="Asked on Friday at 17:55, called on Monday at 9:10, with hours from 9 to 18: 15 minutes.",
            reading=Reading.COHORT,
            happened=(900,),
            value=900,
        ),
        edge_cases=(
            *WAITING,
            "For those who still wait it is not known how many of their hours were worked; they count as the longest.",
        ),
        source="Leads of the night by 9 in the morning, of the morning by noon.",
    ),
    Kpi(
        name=KpiName.TIME_TO_TALK,
        title="Time to the first talk",
        definition="How long somebody who asks for a person waits until they talk with one, by the clock.",
        formula="the time within which half of the requests led to a talk (median)",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        cohort=MedianWait(basis="the day of the request; talks until now", begin="request", goal="first_talk"),
        example=Example(
            words="Three requests: talks after one hour and one day, and one that has waited for a week. "
            "Half had their talk within a day.",
            reading=Reading.COHORT,
            happened=(3_600, 86_400),
            waiting=(604_800,),
            value=86_400,
        ),
        edge_cases=WAITING,
        source="Response time: from when the lead is received to the first conversation.",
    ),
    Kpi(
        name=KpiName.FOLLOW_UP_SHARE,
        title="Followed up at all",
        definition="How many of the requests for a person were followed up. The goal is 100%.",
        formula="requests followed up / requests",
        unit=Unit.SHARE,
        better=Better.HIGHER,
        cohort=Ratio(basis=BY_REQUEST, numerator=(counted("first_contact"),), denominator=(counted("request"),)),
        example=Example(
            words="Of 20 requests of a week 10 were followed up: 50%. At 100% twice as many orders follow.",
            reading=Reading.COHORT,
            sums={"first_contact.count": 10, "request.count": 20},
            value=0.5,
        ),
        edge_cases=(
            "It says 100% only if nobody was left out: 999 of 1,000 are 99.9%.",
            "Requests of today may still be followed up.",
        ),
        source="The policy of 100% follow-up.",
    ),
    Kpi(
        name=KpiName.IN_SERVICE_LEVEL,
        title="Within the service level",
        definition="How many of the requests for a person were followed up by the deadline that the playbook sets.",
        formula="requests followed up within the service level / requests",
        unit=Unit.SHARE,
        better=Better.HIGHER,
        cohort=Ratio(basis=BY_REQUEST, numerator=(counted("in_sla"),), denominator=(counted("request"),)),
        example=Example(
            words="45 of 60 requests were followed up in time: 75%.",
            reading=Reading.COHORT,
            sums={"in_sla.count": 45, "request.count": 60},
            value=0.75,
        ),
        edge_cases=("The deadline is the one that was set when the request came in.",),
        source="At most 30 minutes to the first follow-up.",
    ),
    _within(KpiName.CONTACTED_IN_5M, "5 minutes", "5 minutes; after them qualifying a lead gets much harder."),
    _within(KpiName.CONTACTED_IN_15M, "15 minutes", "Steps between 5 and 30 minutes."),
    _within(KpiName.CONTACTED_IN_30M, "30 minutes", "At most 30 minutes to the first follow-up."),
    _within(KpiName.CONTACTED_IN_1H, "1 hour", "Steps between 30 minutes and a day."),
    _within(KpiName.CONTACTED_IN_24H, "24 hours", "From 24 hours to 30 minutes: sales doubled."),
    Kpi(
        name=KpiName.TOUCHES,
        title="Calls and other attempts",
        definition="How often a person of ours reported a call or another attempt to reach a lead.",
        formula="count of attempts",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        period=Total(basis="the day of the attempt", of=(counted("touch"),)),
        example=Example(words="140 attempts in a week: 140.", sums={"touch.count": 140}, value=140),
        edge_cases=(
            "It counts for whoever did it, whoever owns the lead; a call that a phone system tells of, for the owner.",
            "What a journey sends by itself is nobody's attempt.",
        ),
        source="Daily figures for the team and for each person.",
    ),
    Kpi(
        name=KpiName.OFFERS,
        title="Offers of leads",
        definition="How often a lead was offered to a salesperson for a limited time.",
        formula="count of offers",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        period=Total(basis="the day of the offer", of=(counted("offer_made"),)),
        example=Example(words="40 offers in a week: 40.", sums={"offer_made.count": 40}, value=40),
        edge_cases=("A lead that is offered to three people one after the other makes three offers.",),
        source="Exclusive timed offers of leads.",
    ),
    *(
        Kpi(
            name=name,
            title=title,
            definition=f"How many of the offers of leads {what}.",
            formula=f"offers that {what} / offers made",
            unit=Unit.SHARE,
            better=better,
            cohort=Ratio(
                basis="the day of the offer; the answer until now",
                numerator=(counted(measure),),
                denominator=(counted("offer_made"),),
            ),
            example=Example(
                words=f"{count} of 40 offers {what}: {percent}%.",
                reading=Reading.COHORT,
                sums={f"{measure}.count": count, "offer_made.count": 40},
                value=count / 40,
            ),
            edge_cases=("Offers that are still open are in the number of offers made.",),
            source="Exclusive timed offers: accepted, declined, or passed on when the time is over.",
        )
        for name, title, measure, what, better, count, percent in (
            (KpiName.OFFER_ACCEPTANCE, "Offers accepted", "offer_accepted", "were accepted", Better.HIGHER, 28, "70"),
            (KpiName.OFFER_DECLINES, "Offers declined", "offer_declined", "were declined", Better.LOWER, 4, "10"),
            (
                KpiName.OFFER_TIMEOUTS,
                "Offers timed out",
                "offer_expired",
                "expired without an answer",
                Better.LOWER,
                8,
                "20",
            ),
        )
    ),
)
