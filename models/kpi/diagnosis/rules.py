"""The causes that are looked for: what each asks of the figures, of whom, and what to try when they support it.

A rule compares those who met with something with those who did not, or each group with all others. `SQL` here is over
the temporary table of the rule's population, see populations.py, where every word that the rules use is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.kpi.diagnosis.populations import Population
from models.tables.kpi import KpiName


class Success(StrEnum):
    """What is hoped for, as SQL over a population."""

    TALKED = "talked"
    TALKED_AT_FIRST_ATTEMPT = "talked_at_first_attempt"
    ORDERED = "ordered"
    ANSWERED_IN_TIME = "answered_in_time"
    ANSWERED_IN_AN_HOUR = "answered_in_an_hour"
    OPENED = "opened"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One cause."""

    cause: str
    """Its name, for tables and addresses."""
    title: str
    kpis: Sequence[KpiName]
    """Which it can explain, the nearest first; it is asked for when one of them misses its goal."""
    population: Population
    success: Success
    who: str
    """Those who met with the cause, as a plural; of rules by group with `{group}` in it."""
    others: str
    """Those they are compared with."""
    exposed: str = ""
    """SQL: who met with it; those for whom it is null are left out."""
    group: str = ""
    """SQL instead of `exposed`: a text, by which each group is compared with all others."""
    names: str = ""
    """Whose numbers the groups are, `rep` or `product`; empty: the groups are words themselves."""
    among: str = "true"
    """SQL: whom it is asked of at all."""
    alike: str = "source"
    """SQL: only those who are alike in this are compared."""
    both_spans: bool = False
    """The span before is compared with, instead of looking at this one alone."""
    advice: str
    link: str
    """Where it is seen or set: a path of the pages."""


BUSINESS = (KpiName.ORDERS, KpiName.REVENUE, KpiName.NET_NEW_CUSTOMERS, KpiName.NET_NEW_PEOPLE)
CONNECTION = (KpiName.CONNECTION_RATE, KpiName.CONNECTIONS, *BUSINESS)
CONVERSION = (KpiName.CLOSING_RATE, KpiName.WIN_RATE, KpiName.ORDER_SHARE, *BUSINESS)
SPEED = (KpiName.TIME_TO_BUY, KpiName.PIPELINE_VELOCITY, KpiName.TIME_IN_STAGE, KpiName.STALLED_LEADS)
INTEREST = (KpiName.OPEN_RATE, KpiName.CLICK_RATE, KpiName.ENGAGEMENT_RATE)
RESPONSE = (
    KpiName.IN_SERVICE_LEVEL,
    KpiName.RESPONSE_TIME,
    KpiName.WORKING_RESPONSE_TIME,
    KpiName.TIME_TO_TALK,
    KpiName.FOLLOW_UP_SHARE,
    KpiName.CONTACTED_IN_5M,
    KpiName.CONTACTED_IN_15M,
    KpiName.CONTACTED_IN_30M,
    KpiName.CONTACTED_IN_1H,
    KpiName.CONTACTED_IN_24H,
)
SOURCES = (KpiName.ORDER_SHARE, KpiName.QUALIFIED_SHARE, KpiName.MQL_SHARE)

NOT_EXPLAINED = (
    KpiName.LEADS,
    KpiName.LEADS_PER_WEEK,
    KpiName.OPPORTUNITIES,
    KpiName.ORDER_VALUE,
    KpiName.REPEAT_SHARE,
    KpiName.RETENTION,
    KpiName.TOUCHES,
    KpiName.OFFERS,
    KpiName.OFFER_DECLINES,
    KpiName.BOUNCE_RATE,
    KpiName.UNSUBSCRIBE_RATE,
)
"""KPIs whose causes lie outside of what is asked here, or that are figures of how much is done."""

POOR_CONNECTION = (
    Rule(
        cause="late_owner",
        title="Leads wait for an owner",
        kpis=CONNECTION,
        population=Population.LEAD_TO_TALK,
        success=Success.TALKED,
        who="leads that had no owner after 30 minutes",
        others="leads that had one",
        exposed="NOT owned_in_time",
        advice="Add members or hours to the router, let offers expire sooner, or assign at once when nobody accepts "
        "(playbook: routers, routing).",
        link="/routers",
    ),
    Rule(
        cause="offers_passed_on",
        title="Leads are offered to one after the other",
        kpis=(*CONNECTION, KpiName.OFFER_ACCEPTANCE, KpiName.OFFER_TIMEOUTS),
        population=Population.LEAD_TO_TALK,
        success=Success.TALKED,
        who="leads that were offered to two people or more",
        others="leads that the first one took",
        exposed="offers > 1",
        advice="Let offers expire sooner, offer first to whoever accepts most, or assign without an offer (playbook: "
        "routers).",
        link="/routers",
    ),
    Rule(
        cause="late_notice",
        title="The task's mail comes late or not at all",
        kpis=CONNECTION,
        population=Population.LEAD_TO_TALK,
        success=Success.TALKED,
        who="leads whose task was not mailed within 15 minutes",
        others="leads whose task was",
        exposed="NOT notified_in_time",
        advice="Look at what the mailer says, at bounces of colleagues' addresses and at pauses of sending.",
        link="/messages",
    ),
    Rule(
        cause="overload",
        title="Too many leads on one day",
        kpis=CONNECTION,
        population=Population.LEAD_TO_TALK,
        success=Success.TALKED,
        who="leads of days on which their owner got half as many again as on a usual day, or more",
        others="leads of the same people's other days",
        exposed="is_busy_day",
        alike="rep_id::text",
        advice="Set most_a_day or most_open for each person, add people to the router, or weight it (playbook: teams, "
        "routers).",
        link="/routers",
    ),
    Rule(
        cause="missing_numbers",
        title="Leads without a phone number",
        kpis=CONNECTION,
        population=Population.LEAD_TO_TALK,
        success=Success.TALKED,
        who="leads without a phone number",
        others="leads with one",
        exposed="NOT has_number",
        advice="Ask for the number in the form, say what it is for, and require it where people want a call (playbook: "
        "sources, required).",
        link="/reports/sources",
    ),
    Rule(
        cause="wrong_numbers",
        title="Numbers that do not lead to the lead",
        kpis=CONNECTION,
        population=Population.LEAD_TO_TALK,
        success=Success.TALKED,
        who="leads whose number was reported wrong",
        others="leads with a number that was not",
        exposed="has_wrong_number",
        among="has_number AND attempted",
        advice="Ask for the number twice or send a code, and drop sources whose numbers are made up.",
        link="/reports/sources",
    ),
    Rule(
        cause="numbers_of_a_source",
        title="Leads of one source cannot be reached",
        kpis=CONNECTION,
        population=Population.LEAD_TO_TALK,
        success=Success.TALKED,
        who="leads of {group} that had a number and were called",
        others="such leads of the other sources",
        group="source",
        among="has_number AND attempted",
        alike="''",
        advice="Look at the form of this source: which number it asks for, and whether people know that they will be "
        "called.",
        link="/reports/sources",
    ),
    Rule(
        cause="wrong_hours",
        title="Called when they do not answer",
        kpis=CONNECTION,
        population=Population.LEAD_TO_TALK,
        success=Success.TALKED_AT_FIRST_ATTEMPT,
        who="leads who were first called {group}, by their own clock",
        others="leads who were first called at other times",
        group="""CASE WHEN attempted_weekday >= 6 THEN 'at the weekend' WHEN attempted_hour < 9 THEN 'before nine'
                 WHEN attempted_hour < 12 THEN 'in the morning' WHEN attempted_hour < 14 THEN 'around noon'
                 WHEN attempted_hour < 17 THEN 'in the afternoon' ELSE 'from five on' END""",
        among="attempted_hour IS NOT NULL AND has_number",
        advice="Call at other hours, ask for the best time in the form, and let people of the lead's time zone have "
        "them (playbook: teams, hours).",
        link="/reports/response",
    ),
    Rule(
        cause="connection_of_a_person",
        title="One person reaches fewer than the others",
        kpis=CONNECTION,
        population=Population.LEAD_TO_TALK,
        success=Success.TALKED,
        who="leads of {group}",
        others="leads of the others",
        group="nullif(rep_id, 0)::text",
        names="rep",
        advice="Look at their open tasks and hours together first, then at how they call.",
        link="/reports/people",
    ),
)

POOR_CONVERSION = (
    Rule(
        cause="trigger",
        title="What opens an opportunity",
        kpis=CONVERSION,
        population=Population.TALK,
        success=Success.ORDERED,
        who="talks whose opportunity was opened by {group}",
        others="talks that something else led to",
        group="trigger",
        advice="Take this event out of the stage, or let it count only together with a score (playbook: stages, "
        "opportunity).",
        link="/reports/funnel",
    ),
    Rule(
        cause="threshold",
        title="Handed over with too low a score",
        kpis=CONVERSION,
        population=Population.TALK,
        success=Success.ORDERED,
        who="talks with the third of the leads whose score was lowest",
        others="talks with those whose score was higher",
        exposed="score_rank < 1.0 / 3",
        advice="Raise the score at which leads are handed over and nurture the others longer (playbook: scoring, "
        "thresholds; stages).",
        link="/hot",
    ),
    Rule(
        cause="high_scores_waiting",
        title="High scores that nobody calls",
        kpis=(*CONVERSION, KpiName.CONNECTION_RATE, KpiName.FOLLOW_UP_SHARE),
        population=Population.LEAD_TO_TALK,
        success=Success.ORDERED,
        who="leads of the third with the highest scores whom nobody had called after three days",
        others="such leads who had been called",
        exposed="NOT contacted_in_3_days",
        among="score_rank > 2.0 / 3 AND open_after_3_days",
        advice="Work the list of hot leads first, each morning, and let a threshold make a task (playbook: scoring, "
        "thresholds).",
        link="/hot",
    ),
    Rule(
        cause="unread_nurture",
        title="Mails before the talk are not read",
        kpis=(*CONVERSION, *INTEREST),
        population=Population.TALK,
        success=Success.ORDERED,
        who="talks with leads who had opened none of their mails",
        others="talks with leads who had opened some",
        exposed="read_nothing",
        advice="Try other subjects and articles nearer to what they asked about, by a split test of the mail.",
        link="/reports/mails",
    ),
    Rule(
        cause="nurture_of_a_journey",
        title="One journey leads to fewer orders",
        kpis=CONVERSION,
        population=Population.TALK,
        success=Success.ORDERED,
        who="talks with leads who came by the journey {group}",
        others="talks with leads of the other journeys",
        group="nullif(journey, '')",
        advice="Look where people fall out of this journey, and what the others give their leads before the talk.",
        link="/reports/journeys",
    ),
    Rule(
        cause="offer",
        title="One product is turned down more often",
        kpis=CONVERSION,
        population=Population.TALK,
        success=Success.ORDERED,
        who="talks about {group}",
        others="talks about other products",
        group="nullif(product, '')",
        names="product",
        advice="Look at its price, its terms and what it is compared with, or offer a smaller first step.",
        link="/reports/funnel",
    ),
    Rule(
        cause="training",
        title="One person closes fewer than the others",
        kpis=CONVERSION,
        population=Population.TALK,
        success=Success.ORDERED,
        who="talks of {group}",
        others="talks of the others",
        group="nullif(rep_id, 0)::text",
        names="rep",
        advice="Listen to calls together, and let whoever closes most show how. Look at the other causes first: they "
        "weigh on everybody.",
        link="/reports/people",
    ),
)

TOO_LONG_TO_BUY = (
    Rule(
        cause="rare_mails",
        title="Too few mails in the first two weeks",
        kpis=SPEED,
        population=Population.LEAD,
        success=Success.ORDERED,
        who="leads who got one mail in their first 14 days",
        others="leads who got more",
        exposed="mails = 1",
        among="mails >= 1 AND mailable_after_14_days",
        advice="Write more often in the first weeks (the journey's waits), within the caps (playbook: mail, caps).",
        link="/reports/journeys",
    ),
    Rule(
        cause="unread_mails",
        title="Mails of the first weeks are not opened",
        kpis=(*SPEED, *INTEREST),
        population=Population.LEAD,
        success=Success.ORDERED,
        who="leads who opened none of two mails or more in their first 14 days",
        others="leads who opened some",
        exposed="opened = 0",
        among="mails >= 2 AND mailable_after_14_days",
        advice="Try other subject lines by a split test, and send at the receiver's hours.",
        link="/splits",
    ),
    Rule(
        cause="falling_opens",
        title="The same mails are opened less often than before",
        kpis=(*INTEREST, *SPEED),
        population=Population.MAIL,
        success=Success.OPENED,
        who="mails of the last three months",
        others="the same mails in the three months before",
        exposed="is_now",
        alike="template",
        both_spans=True,
        advice="Try other subject lines by a split test, clean the list of those who never open, and look at bounces.",
        link="/reports/mails",
    ),
    Rule(
        cause="late_person",
        title="A person comes late",
        kpis=(*SPEED, KpiName.FOLLOW_UP_SHARE),
        population=Population.LEAD,
        success=Success.ORDERED,
        who="qualified leads whom nobody had called after two days",
        others="such leads who had been called",
        exposed="NOT contacted_in_2_days",
        among="callable_after_2_days",
        advice="Let the task come earlier in the journey, and alert the manager sooner (playbook: service_levels).",
        link="/follow-up",
    ),
    Rule(
        cause="segment_by_product",
        title="Leads for one product take longer",
        kpis=SPEED,
        population=Population.LEAD,
        success=Success.ORDERED,
        who="leads who asked about {group}",
        others="leads who asked about other products",
        group="nullif(product, '')",
        names="product",
        advice="Give them a journey of their own, or a smaller first step.",
        link="/reports/time-to-buy",
    ),
    Rule(
        cause="segment_by_industry",
        title="Leads of one industry take longer",
        kpis=SPEED,
        population=Population.LEAD,
        success=Success.ORDERED,
        who="leads of the industry {group}",
        others="leads of other industries",
        group="lower(nullif(industry, ''))",
        advice="Give points for the industries that buy, see what top scorers share, and nurture the others apart.",
        link="/hot",
    ),
    Rule(
        cause="segment_by_title",
        title="Leads with one job title take longer",
        kpis=SPEED,
        population=Population.LEAD,
        success=Success.ORDERED,
        who="leads with the title {group}",
        others="leads with other titles",
        group="lower(nullif(job_title, ''))",
        advice="Give points for the titles that buy, see what top scorers share, and nurture the others apart.",
        link="/hot",
    ),
    Rule(
        cause="poor_source",
        title="One source brings leads that do not buy",
        kpis=(*SPEED, *SOURCES),
        population=Population.LEAD,
        success=Success.ORDERED,
        who="leads of {group}",
        others="leads of the other sources",
        group="nullif(source, '')",
        alike="''",
        advice="Spend less on this source, or change what it promises.",
        link="/reports/sources",
    ),
)

SLOW_RESPONSE = (
    Rule(
        cause="outside_hours",
        title="Requests outside of office hours",
        kpis=RESPONSE,
        population=Population.REQUEST,
        success=Success.ANSWERED_IN_AN_HOUR,
        who="requests of evenings, nights and weekends",
        others="requests of office hours",
        exposed="weekday >= 6 OR hour < 9 OR hour >= 18",
        among="is_an_hour_old",
        advice="Put somebody on duty in the evening, or say on the form when you call back (playbook: teams, hours).",
        link="/reports/response",
    ),
    Rule(
        cause="response_of_a_person",
        title="One person answers later than the others",
        kpis=RESPONSE,
        population=Population.REQUEST,
        success=Success.ANSWERED_IN_TIME,
        who="requests to {group}",
        others="requests to the others",
        group="nullif(rep_id, 0)::text",
        names="rep",
        advice="Look at their open tasks together, and give them fewer leads for a while (playbook: routers).",
        link="/reports/people",
    ),
    Rule(
        cause="response_on_a_weekday",
        title="One day of the week is slow",
        kpis=RESPONSE,
        population=Population.REQUEST,
        success=Success.ANSWERED_IN_TIME,
        who="requests of {group}",
        others="requests of the other days",
        group="""(ARRAY['Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays',
                 'Sundays'])[weekday::int]""",
        advice="Look what else happens on this day, such as a meeting, and who is there.",
        link="/reports/response",
    ),
    Rule(
        cause="response_without_owner",
        title="Requests wait for an owner",
        kpis=RESPONSE,
        population=Population.REQUEST,
        success=Success.ANSWERED_IN_TIME,
        who="requests that had no owner after five minutes",
        others="requests that had one",
        exposed="NOT owned_in_time",
        advice="Add members or hours to the router, or let offers expire sooner (playbook: routers, routing).",
        link="/routers",
    ),
    Rule(
        cause="response_when_busy",
        title="Busy days are slow",
        kpis=RESPONSE,
        population=Population.REQUEST,
        success=Success.ANSWERED_IN_TIME,
        who="requests of days on which their owner got half as many leads again as on a usual day, or more",
        others="requests of the same people's other days",
        exposed="is_busy_day",
        alike="rep_id::text",
        advice="Set most_a_day for each person or add people to the router (playbook: teams, routers).",
        link="/routers",
    ),
)

CHAPTERS = {
    "Few are reached": POOR_CONNECTION,
    "Few of those order": POOR_CONVERSION,
    "They take too long to buy": TOO_LONG_TO_BUY,
    "Answers are slow": SLOW_RESPONSE,
}
RULES = tuple(rule for rules in CHAPTERS.values() for rule in rules)
