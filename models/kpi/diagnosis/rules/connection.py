"""Why few of the leads are reached."""

from models.kpi.diagnosis.rules.kpi_groups import CONNECTION
from models.kpi.diagnosis.rules.rule import Population, Rule, Success
from models.kpi.diagnosis.rules.thresholds import BUSY_TIMES, NOTICE_WITHIN, OWNER_WITHIN
from models.tables.kpi import KpiName
from models.wording import duration, number

POOR_CONNECTION = (
    Rule(
        cause="late_owner",
        title="Leads wait for an owner",
        kpis=CONNECTION,
        population=Population.LEAD_TO_TALK,
        success=Success.TALKED,
        who=f"leads that had no owner after {duration(OWNER_WITHIN)}",
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
        who=f"leads whose task was not mailed within {duration(NOTICE_WITHIN)}",
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
        who=f"leads of days on which their owner got {number(BUSY_TIMES)} times as many as usual, or more",
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
