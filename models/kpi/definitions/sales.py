"""KPIs of selling: opportunities, talks, deals."""

from models.kpi.definitions.kpi import (
    Better,
    Example,
    Kpi,
    Ratio,
    Total,
    Velocity,
    counted,
    money,
    reached,
    reached_after,
    summed,
)
from models.tables.kpi import KpiName, Unit

SALES = (
    Kpi(
        name=KpiName.OPPORTUNITIES,
        title="Opportunities",
        definition="Deals that were opened: the playbook's stage opportunity was reached, or another system told of a "
        "deal.",
        formula="count of opportunities",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        period=Total(basis="the day on which it was opened", of=(counted("opportunity"),)),
        example=Example(words="100 deals were opened in March: 100.", sums={"opportunity.count": 100}, value=100),
        edge_cases=(
            "One person may have several deals. The stage is a deal of those of whom no other system tells one.",
        ),
        source="What opens an opportunity is for each business to define: a form, a visit to the sales page, a score.",
    ),
    Kpi(
        name=KpiName.CONNECTIONS,
        title="Connections",
        definition="Leads with whom a person of ours talked for the first time.",
        formula="count of first talks",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        period=Total(basis="the day of the first talk", of=(counted("connected"),)),
        example=Example(words="67 first talks in March: 67.", sums={"connected.count": 67}, value=67),
        edge_cases=("An attempt that nobody answered is no connection. Nor is anything that a program sent.",),
        source="Connection: the first talk with a lead.",
    ),
    Kpi(
        name=KpiName.CONNECTION_RATE,
        title="Connection rate",
        definition="How many of the opportunities lead to a talk with a person of ours.",
        formula="leads connected / opportunities",
        unit=Unit.SHARE,
        better=Better.HIGHER,
        period=Ratio(
            basis="the first day with both, an opportunity and a talk; opportunities by the day they were opened",
            numerator=(counted("opportunity_connected"),),
            denominator=(counted("opportunity"),),
        ),
        cohort=Ratio(
            basis="the day on which the opportunity was opened; talks until now, before it was opened too",
            numerator=(reached("opportunity", "connected"),),
            denominator=(counted("opportunity"),),
        ),
        example=Example(
            words="67 of 100 opportunities talked with in the same month: 67%.",
            sums={"opportunity_connected.count": 67, "opportunity.count": 100},
            value=0.67,
        ),
        edge_cases=(
            "Only the first talk with a lead counts; one from before the opportunity counts from its day on.",
            "What is an opportunity is defined in the playbook, by the stage opportunity.",
            "By period it may be above 100%: talks of this month may be about opportunities of the last.",
            "Without an opportunity it is empty, not 0.",
        ),
        source="Connection rate: leads connected by opportunities, both over the same time, 67 of 100 = 67%.",
    ),
    Kpi(
        name=KpiName.CLOSING_RATE,
        title="Closing rate",
        definition="How many of the leads with whom we talked become customers.",
        formula="sales / connections",
        unit=Unit.SHARE,
        better=Better.HIGHER,
        period=Ratio(
            basis="the day of the first order; connections by the day of the first talk",
            numerator=(counted("customer"),),
            denominator=(counted("connected"),),
        ),
        cohort=Ratio(
            basis="the day of the first talk; first orders after it, until now",
            numerator=(reached_after("connected", "customer"),),
            denominator=(counted("connected"),),
        ),
        example=Example(
            words="12 sales to 74 connections in the same month: 16.2%.",
            sums={"customer.count": 12, "connected.count": 74},
            value=12 / 74,
        ),
        edge_cases=(
            "A sale is the first order of somebody that stands; further orders are in Orders.",
            "By period, who bought without any talk is in it; by cohort, only who bought after one.",
            "Without a connection it is empty, not 0.",
        ),
        source="Closing rate: sales by connections, 12 of 74 = 16.2%.",
    ),
    Kpi(
        name=KpiName.WIN_RATE,
        title="Win rate",
        definition="How many of the deals that were decided were won.",
        formula="won / (won + lost)",
        unit=Unit.SHARE,
        better=Better.HIGHER,
        period=Ratio(
            basis="the day on which the deal was won or lost",
            numerator=(counted("won"),),
            denominator=(counted("won"), counted("lost")),
        ),
        cohort=Ratio(
            basis="the day on which the deal was opened; decided by now",
            numerator=(reached("opportunity", "won"),),
            denominator=(reached("opportunity", "won"), reached("opportunity", "lost")),
        ),
        example=Example(
            words="30 deals were won and 20 lost: 30 of 50, 60%.", sums={"won.count": 30, "lost.count": 20}, value=0.6
        ),
        edge_cases=(
            "Deals that are open count nowhere; without a decided one it is empty.",
            "Where only the stage tells of a deal, the first order after it wins it, and a refusal loses it.",
            "Win rates of reports in Salesforce are usually made so, too. A pipeline conversion rate has open deals "
            "below the line as well and is lower; some tools weigh deals by their value.",
        ),
        source="Not in the documents; won / (won + lost) is how the large sales-force systems define it.",
    ),
    Kpi(
        name=KpiName.PIPELINE_VELOCITY,
        title="Pipeline velocity",
        definition="What the pipeline brings a day at the present pace.",
        formula="opportunities x win rate x mean value of a won deal / mean days until one was won",
        unit=Unit.MONEY_PER_DAY,
        better=Better.HIGHER,
        period=Velocity(
            basis="opportunities by the day on which they were opened, deals by the day on which they were decided",
            opportunities=counted("opportunity"),
            won=counted("won"),
            lost=counted("lost"),
            value=money("won"),
            days=summed("won"),
        ),
        example=Example(
            words="50 opportunities, 30 of 50 decided deals won for 60,000 together, in 20 days each: "
            "50 x 60% x 2,000 / 20 = 3,000 a day.",
            sums={"opportunity.count": 50, "won.count": 30, "lost.count": 20, "won.amount": 60_000, "won.value": 600},
            value=3_000,
        ),
        edge_cases=(
            "Without a deal that was won, or when all were won on the day on which they were opened, it is empty.",
            "Each currency has its own.",
            "Opportunities are those that were opened in the period; other tools often take those open now.",
        ),
        source="Not in the documents; the usual formula of sales velocity, with the opportunities of the period.",
    ),
)
