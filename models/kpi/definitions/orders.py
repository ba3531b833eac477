"""KPIs of orders and customers: what is sold, how long it takes, who stays."""

from models.kpi.definitions.kpi import (
    Better,
    Example,
    Kept,
    Kpi,
    MedianWait,
    Ratio,
    Total,
    arrived,
    counted,
    days_taken,
    money,
    reached,
    summed,
)
from models.tables.kpi import KpiName, Reading, Unit

ORDERS = (
    Kpi(
        name=KpiName.ORDERS,
        title="Orders",
        definition="Orders that stand: neither cancelled nor paid back wholly.",
        formula="count of orders",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        period=Total(basis="the day on which the order was placed", of=(counted("sale"),)),
        example=Example(
            words="Six orders were placed in a month and one of them cancelled since: 5.",
            sums={"sale.count": 5},
            value=5,
        ),
        edge_cases=("An order that is cancelled later no longer counts on its day; what was reported then is kept.",),
        source="Orders, such as a quota of six a month.",
    ),
    Kpi(
        name=KpiName.REVENUE,
        title="Revenue",
        definition="What the orders that stand bring, less what was paid back.",
        formula="sum of the amounts of orders, without refunds",
        unit=Unit.MONEY,
        better=Better.HIGHER,
        period=Total(basis="the day on which the order was placed", of=(money("sale"),)),
        example=Example(words="Five orders at $20,000: $100,000.", sums={"sale.amount": 100_000}, value=100_000),
        edge_cases=(
            "Amounts are in the currency of the reports, by the rate of the day of the order.",
            "What is in a currency without a rate is shown apart and never added.",
            "An order whose amount nobody knows counts as an order and brings nothing.",
        ),
        source="Forecast of revenue and cash flow; sales maths at $20,000 an order.",
    ),
    Kpi(
        name=KpiName.ORDER_VALUE,
        title="Value of an order",
        definition="What an order that stands brings on average.",
        formula="revenue / orders",
        unit=Unit.MONEY,
        better=Better.HIGHER,
        period=Ratio(
            basis="the day on which the order was placed", numerator=(money("sale"),), denominator=(counted("sale"),)
        ),
        example=Example(
            words="Five orders brought $100,000: $20,000 each.",
            sums={"sale.amount": 100_000, "sale.count": 5},
            value=20_000,
        ),
        edge_cases=("Each currency has its own.",),
        source="Sales maths: $20,000 an order.",
    ),
    Kpi(
        name=KpiName.TIME_TO_BUY,
        title="Time to buy",
        definition="The days from the first trace of a lead to their first order that stands.",
        formula="by period: mean days of those who bought; by cohort: the day by which half of the leads have bought, "
        "those who have not yet counted in (median by Kaplan and Meier)",
        unit=Unit.DAYS,
        better=Better.LOWER,
        period=Ratio(
            basis="the day of the first order",
            numerator=(days_taken("lead", "customer"),),
            denominator=(arrived("lead", "customer"),),
        ),
        cohort=MedianWait(basis="the day on which the lead came; orders until now", begin="lead", goal="customer"),
        example=Example(
            words="Three customers bought after 10, 20 and 33 days: 21 days on average.",
            sums={"lead to customer.days": 63, "lead to customer.after": 3},
            value=21,
        ),
        edge_cases=(
            "The mean of buyers is too short: who takes long is not among them yet. The median of all is not.",
            "The median is empty while fewer than half have bought; then the share that has bought says more.",
            "Who ordered before we heard of them otherwise says nothing about time, and is left out.",
            "Also from marketing or sales qualified on, and for each product: its first order that stands.",
        ),
        source="Average time to buy in days, of any or each product, from the first entry or from becoming MQL or SQL.",
    ),
    Kpi(
        name=KpiName.NET_NEW_CUSTOMERS,
        title="Net new customers in equivalents",
        definition="Customers won less customers lost, each order counted by its size: what costs half of the product "
        "that makes one whole customer is half a customer.",
        formula="equivalents of orders placed - equivalents of orders cancelled or paid back",
        unit=Unit.EQUIVALENTS,
        better=Better.HIGHER,
        period=Total(
            basis="the day of the order; cancellations by their own day", of=(summed("order"), -summed("reversal"))
        ),
        example=Example(
            words="Ten whole subscriptions and four at half the price, two whole ones cancelled: 10 + 2 - 2 = 10.",
            sums={"order.value": 12, "reversal.value": 2},
            value=10,
        ),
        edge_cases=(
            "An upgrade is the half one cancelled and the whole one ordered: - 0.5 + 1. A downgrade the reverse.",
            "A cancellation counts on its own day, so it may make a month negative.",
            "The size of an order is the list price of its product by that of the product under full_customer in the "
            "playbook; without one there each order counts as one.",
            "Of an order that is paid back in part, that part is taken off.",
        ),
        source="Net new = new - cancelled, of one product or in equivalents: two at half price are one.",
    ),
    Kpi(
        name=KpiName.NET_NEW_PEOPLE,
        title="Net new customers in people",
        definition="People who ordered for the first time less people whose last order was taken back.",
        formula="first orders - last orders taken back",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        period=Total(
            basis="the day of the first order; losses by the day of the cancellation",
            of=(counted("new_customer"), -counted("lost_customer")),
        ),
        example=Example(
            words="14 people ordered for the first time and 2 cancelled all they had: 12.",
            sums={"new_customer.count": 14, "lost_customer.count": 2},
            value=12,
        ),
        edge_cases=("Who comes back after having cancelled all is not lost.",),
        source="Net new = new - cancelled.",
    ),
    Kpi(
        name=KpiName.RETENTION,
        title="Retention",
        definition="How many of those who were customers when the period began still are at its end.",
        formula="(customers at the beginning - those of them who were lost) / customers at the beginning",
        unit=Unit.SHARE,
        better=Better.HIGHER,
        period=Kept(
            basis="customers by their first order before the period; losses by the day of the cancellation",
            won="new_customer",
            lost="lost_customer",
        ),
        example=Example(
            words="200 customers on 1 March, 6 of them cancelled all they had in March: 194 of 200, 97%.",
            sums={"at the beginning": 200, "lost": 6},
            value=0.97,
        ),
        edge_cases=(
            "Customers who were won in the period are in neither number.",
            "Lost is whose last order that stood was cancelled or paid back; who just does not order again is not.",
        ),
        source="Retention, asked for without a formula; this is the usual one.",
    ),
    Kpi(
        name=KpiName.REPEAT_SHARE,
        title="Share that orders again",
        definition="How many of the customers place a second order that stands.",
        formula="customers with a second order / customers",
        unit=Unit.SHARE,
        better=Better.HIGHER,
        period=Ratio(
            basis="the day of the second order; customers by the day of the first",
            numerator=(counted("reordered"),),
            denominator=(counted("customer"),),
        ),
        cohort=Ratio(
            basis="the day of the first order; second orders until now",
            numerator=(reached("customer", "reordered"),),
            denominator=(counted("customer"),),
        ),
        example=Example(
            words="Of 50 customers of the first quarter 15 have ordered again: 30%.",
            reading=Reading.COHORT,
            sums={"customer to reordered.count": 15, "customer.count": 50},
            value=0.3,
        ),
        source="Retention and advocacy follow the purchase; upselling and cross-selling.",
    ),
)
