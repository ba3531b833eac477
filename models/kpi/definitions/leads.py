"""KPIs of leads: how many come, how far they get, and where they stop."""

from models.kpi.definitions.kpi import (
    Better,
    Example,
    Kpi,
    Ratio,
    Total,
    WeeklyTotal,
    counted,
    reached,
    stages,
    standing,
)
from models.tables.kpi import KpiName, Reading, Unit

BY_FIRST_TRACE = "the day on which the lead was first heard of"

LEADS = (
    Kpi(
        name=KpiName.LEADS,
        title="Leads",
        definition="People of whom we heard for the first time.",
        formula="count of leads",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        period=Total(basis=BY_FIRST_TRACE, of=(counted("lead"),)),
        example=Example(words="86 people filled in a form in March: 86 leads.", sums={"lead.count": 86}, value=86),
        edge_cases=(
            "Somebody who comes again is no new lead. Nor is somebody of whom the first thing we hear is an order.",
            "Two records that turn out to be one person, and are merged, are one lead from then on.",
            "A lead that changes hands counts once for the team, and for whoever owned it when it came in.",
            "An erased person stays counted.",
        ),
        source="Leads per week, a goal that is reviewed every month and then raised.",
    ),
    Kpi(
        name=KpiName.LEADS_PER_WEEK,
        title="Leads per week",
        definition="How many new leads come in a week, on average over the period.",
        formula="leads / (days of the period / 7)",
        unit=Unit.PER_WEEK,
        better=Better.HIGHER,
        period=WeeklyTotal(basis=BY_FIRST_TRACE, of=(counted("lead"),)),
        example=Example(
            words="80 leads in 28 days, which are 4 weeks: 20 a week.", sums={"lead.count": 80}, weeks=4, value=20
        ),
        edge_cases=("Days of the period that are still to come do not count as days.",),
        source="Sales maths: 20 leads a week, of whom half are followed up, half of those qualified, half ordered.",
    ),
    Kpi(
        name=KpiName.ENGAGEMENT_RATE,
        title="Engagement rate",
        definition="How many of the leads did something of their own after they came in: came back, clicked, answered.",
        formula="leads that did something of their own for the first time / leads",
        unit=Unit.SHARE,
        better=Better.HIGHER,
        period=Ratio(
            basis="the day of the first thing that they did; leads by the day on which they came",
            numerator=(counted("engaged"),),
            denominator=(counted("lead"),),
        ),
        cohort=Ratio(
            basis="the day on which the lead came; whatever they have done since",
            numerator=(reached("lead", "engaged"),),
            denominator=(counted("lead"),),
        ),
        example=Example(
            words="Of 200 leads of March 90 have come back by now: 45%.",
            reading=Reading.COHORT,
            sums={"lead to engaged.count": 90, "lead.count": 200},
            value=0.45,
        ),
        edge_cases=("Opens and clicks of programs, such as mail filters, are no engagement.",),
        source="Engagement rate, asked for without a formula; this one is the share of people, not of acts.",
    ),
    Kpi(
        name=KpiName.MQL_SHARE,
        title="Share that becomes marketing qualified",
        definition="How many of the leads take a positive step, as the stage mql of the playbook defines it.",
        formula="leads that became marketing qualified / leads",
        unit=Unit.SHARE,
        better=Better.HIGHER,
        period=Ratio(
            basis="the day on which they became mql; leads by the day on which they came",
            numerator=(counted("mql"),),
            denominator=(counted("lead"),),
        ),
        cohort=Ratio(
            basis="the day on which the lead came; the stage by now",
            numerator=(reached("lead", "mql"),),
            denominator=(counted("lead"),),
        ),
        example=Example(
            words="50 leads came in a week and 20 became marketing qualified in it: 40%.",
            sums={"mql.count": 20, "lead.count": 50},
            value=0.4,
        ),
        edge_cases=(
            "Whoever becomes mql by the form that they come in by counts in both.",
            "Whoever skipped the stage has been through it, at the moment of the higher one.",
        ),
        source="The stages of leads: marketing qualified, sales qualified, accepted, opportunity, customer.",
    ),
    Kpi(
        name=KpiName.QUALIFIED_SHARE,
        title="Share to qualified prospects",
        definition="How many of the leads become sales qualified: a salesperson has dealt with them directly.",
        formula="leads that became sales qualified / leads",
        unit=Unit.SHARE,
        better=Better.HIGHER,
        period=Ratio(
            basis="the day on which they became sales qualified; leads by the day on which they came",
            numerator=(counted("sql"),),
            denominator=(counted("lead"),),
        ),
        cohort=Ratio(
            basis="the day on which the lead came; the stage by now",
            numerator=(reached("lead", "sql"),),
            denominator=(counted("lead"),),
        ),
        example=Example(
            words="20 leads came in a week, 5 became sales qualified in it: 25%.",
            sums={"sql.count": 5, "lead.count": 20},
            value=0.25,
        ),
        edge_cases=(
            "By period it may be above 100%: leads of an earlier week become qualified in this one. "
            "By cohort it never is.",
        ),
        source="Share of leads that become qualified prospects, with a goal that is raised once it is met.",
    ),
    Kpi(
        name=KpiName.ORDER_SHARE,
        title="Share to orders",
        definition="How many of the leads become customers.",
        formula="leads with a first order that stands / leads",
        unit=Unit.SHARE,
        better=Better.HIGHER,
        period=Ratio(
            basis="the day of the first order; leads by the day on which they came",
            numerator=(counted("customer"),),
            denominator=(counted("lead"),),
        ),
        cohort=Ratio(
            basis="the day on which the lead came; orders until now",
            numerator=(reached("lead", "customer"),),
            denominator=(counted("lead"),),
        ),
        example=Example(
            words="Of the 40 leads of a week 5 have ordered by now: 12.5%.",
            reading=Reading.COHORT,
            sums={"lead to customer.count": 5, "lead.count": 40},
            value=0.125,
        ),
        edge_cases=(
            "An order that was cancelled or paid back wholly does not count; an earlier or later one that stands does.",
            "By period, whoever came by an order and never was a lead is in it; by cohort only leads are.",
            "A young cohort has had less time to buy than an old one: compare by the curve of time to buy.",
        ),
        source="Share of leads that become orders, with a goal that is raised once it is met.",
    ),
    Kpi(
        name=KpiName.TIME_IN_STAGE,
        title="Time in stage",
        definition="How long leads stood in a stage before they went on to a higher one, on average of all stages; "
        "the funnel shows each by itself.",
        formula="days in the stage of those who went on / how many went on",
        unit=Unit.DAYS,
        better=Better.LOWER,
        period=Ratio(
            basis="the day on which they went on",
            numerator=(stages("moved_on_days"),),
            denominator=(stages("moved_on"),),
        ),
        example=Example(
            words="Two leads went on, one after 3 days and one after 6: 4.5 days.",
            sums={"moved_on_days": 9, "moved_on": 2},
            value=4.5,
        ),
        edge_cases=("Who still stands there is in the number of those who stand, not in the average.",),
        source="Time in stage, as sales-force systems report it: time from entering a stage to leaving it.",
    ),
    Kpi(
        name=KpiName.STALLED_LEADS,
        title="Stalled leads",
        definition="Leads that are no customers and with whom nothing has happened for as long as the playbook says "
        "under stalled_after.",
        formula="count of stalled leads at the end of the last day",
        unit=Unit.COUNT,
        better=Better.LOWER,
        period=Total(basis="the end of the last day of the period", of=(standing("stalled"),)),
        example=Example(
            words="At the end of 31 March 34 leads had seen nothing happen for 14 days: 34.",
            sums={"stalled": 34},
            value=34,
        ),
        edge_cases=("It is a state at one moment: days are not added up.",),
        source="Deals that rot, as pipeline tools call those without any activity for a set number of days.",
    ),
)
