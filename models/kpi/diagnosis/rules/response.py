"""Why those who ask for a person hear from one late."""

from models.kpi.diagnosis.rules.kpi_groups import RESPONSE
from models.kpi.diagnosis.rules.rule import Population, Rule, Success
from models.kpi.diagnosis.rules.thresholds import BUSY_TIMES, OWNER_OF_REQUEST_WITHIN
from models.wording import duration, number

SLOW_RESPONSE = (
    Rule(
        cause="outside_hours",
        title="Requests outside of working hours",
        kpis=RESPONSE,
        population=Population.REQUEST,
        success=Success.ANSWERED_IN_AN_HOUR,
        who="requests that came while their owner was not at work",
        others="requests of working hours",
        exposed="NOT is_at_work",
        among="is_old_enough",
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
        who=f"requests that had no owner after {duration(OWNER_OF_REQUEST_WITHIN)}",
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
        who=f"requests of days on which their owner got {number(BUSY_TIMES)} times as many leads as usual, or more",
        others="requests of the same people's other days",
        exposed="is_busy_day",
        alike="rep_id::text",
        advice="Set most_a_day for each person or add people to the router (playbook: teams, routers).",
        link="/routers",
    ),
)
