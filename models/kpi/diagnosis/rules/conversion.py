"""Why few of those who are reached order."""

from models.kpi.diagnosis.rules.kpi_groups import CONVERSION, INTEREST
from models.kpi.diagnosis.rules.rule import Population, Rule, Success
from models.kpi.diagnosis.rules.thresholds import CALL_HIGH_SCORES_WITHIN, HIGH_SCORES, LOW_SCORES
from models.tables.kpi import KpiName
from models.wording import duration

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
        exposed=f"score_rank < {LOW_SCORES}",
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
        who="leads of the third with the highest scores whom nobody had called after "
        f"{duration(CALL_HIGH_SCORES_WITHIN)}",
        others="such leads who had been called",
        exposed="NOT called_while_hot",
        among=f"score_rank > {HIGH_SCORES} AND still_open",
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
