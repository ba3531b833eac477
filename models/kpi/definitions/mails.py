"""KPIs of mails. Every mail counts on the day on which it was sent, whenever it was opened."""

from models.kpi.definitions.kpi import Better, Example, Kpi, Ratio, mails
from models.tables.kpi import KpiName, Reading, Unit

BY_SENDING = "the day on which the mail was sent; opens, clicks and answers until now"

BOTS = (
    "Programs open and click too. What they did is left out, and shown apart, see the docs on mail.",
    "A mail counts once, however often it was opened.",
    "Of a mailer that tells of no deliveries, what did not come back counts as delivered.",
    "Some mail programs hide that a mail was opened: compare an open rate with itself, not with a promise.",
)


def _share(
    name: KpiName,
    title: str,
    what: str,
    column: str,
    of: str,
    better: Better,
    example: tuple[int, int, float],
    edge_cases: tuple[str, ...],
    source: str,
) -> Kpi:
    count, whole, value = example
    column_of = "reached" if of == "delivered" else of
    return Kpi(
        name=name,
        title=title,
        definition=f"How many of the mails that were {of} {what}.",
        formula=f"mails that {what} / mails {of}",
        unit=Unit.SHARE,
        better=better,
        cohort=Ratio(basis=BY_SENDING, numerator=(mails(column),), denominator=(mails(column_of),)),
        example=Example(
            words=f"{count} of {whole:,} mails {what}: {value:.1%}.",
            reading=Reading.COHORT,
            sums={column: count, column_of: whole},
            value=value,
        ),
        edge_cases=edge_cases,
        source=source,
    )


MAILS = (
    _share(
        KpiName.OPEN_RATE,
        "Open rate",
        "were opened by a person",
        "opened",
        "delivered",
        Better.HIGHER,
        (300, 1_000, 0.3),
        BOTS,
        "Open rate, for each mail, rolling over four weeks, and for each funnel.",
    ),
    _share(
        KpiName.CLICK_RATE,
        "Click rate",
        "were clicked by a person",
        "clicked",
        "delivered",
        Better.HIGHER,
        (45, 1_000, 0.045),
        (*BOTS[:3], "It is by all delivered mails, not only by those that were opened."),
        "Click-through rate, for each mail, rolling over four weeks, and for each funnel.",
    ),
    _share(
        KpiName.BOUNCE_RATE,
        "Bounce rate",
        "came back",
        "bounced",
        "sent",
        Better.LOWER,
        (12, 1_000, 0.012),
        (),
        "Not in the documents; what mailing services judge a sender by.",
    ),
    _share(
        KpiName.UNSUBSCRIBE_RATE,
        "Unsubscribe rate",
        "led to an unsubscription",
        "unsubscribed",
        "delivered",
        Better.LOWER,
        (3, 1_000, 0.003),
        (),
        "Not in the documents; what too many mails cost.",
    ),
)
