"""What is counted: each measure of kpi_fact and kpi_daily, with what it means and on which day it counts. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One thing that is counted. Days are those of the company's time zone."""

    name: str
    about: str
    """What one of it is, in a sentence."""
    value: str = ""
    """What `value` of its facts is, with its unit; empty: nothing."""
    fact: str = ""
    """The facts that it is counted from, where they have another name."""
    where: str = ""
    """SQL over kpi_fact as `f`: which of those facts count."""
    has_money: bool = False
    """Whether `amount` is money."""

    @property
    def facts(self) -> str:
        """The name under which its facts stand in kpi_fact."""
        return self.fact or self.name


WITHIN = (("5m", 300), ("15m", 900), ("30m", 1_800), ("1h", 3_600), ("24h", 86_400))
"""The times to first contact that are counted apart, in seconds by the clock."""

FACTS = (
    # Once for each contact: milestones, on the day on which they were reached.
    Measure("lead", "A contact was heard of for the first time; `ref` names the first form they filled in."),
    Measure("mql", "A lead became marketing qualified, by the playbook's stages."),
    Measure("sql", "A lead became sales qualified."),
    Measure("sal", "A salesperson accepted the lead."),
    Measure("contacted", "A person of ours tried to reach the lead for the first time."),
    Measure("connected", "A person of ours talked with the lead for the first time."),
    Measure("engaged", "The lead did something of their own for the first time after they came in."),
    Measure("customer", "The first order that stands was placed.", has_money=True),
    Measure("new_customer", "The first order was placed, whatever became of it."),
    Measure("lost_customer", "The last order that stood was cancelled or paid back."),
    Measure("reordered", "A customer placed a second order that stands."),
    # As many as there are.
    Measure("bought", "The first order of a product that stands was placed; one for each contact and product."),
    Measure("opportunity", "A deal was opened: the stage was reached, or another system told of it.", has_money=True),
    Measure(
        "opportunity_connected", "A deal was open, and a person of ours had talked with the lead; on the later day."
    ),
    Measure("won", "A deal was won.", value="days since it was opened", has_money=True),
    Measure("lost", "A deal was lost.", value="days since it was opened"),
    Measure("order", "An order was placed, whatever became of it.", value="equivalents", has_money=True),
    Measure("reversal", "An order was cancelled or paid back, on that day.", value="equivalents", has_money=True),
    Measure(
        "sale", "An order was placed that stands; its amount without refunds.", value="equivalents", has_money=True
    ),
    Measure("request", "Somebody asked for a person."),
    Measure("first_contact", "A request was followed up; on the day of the request.", value="seconds by the clock"),
    Measure(
        "first_contact_working",
        "A request was followed up, by working hours.",
        value="seconds of the salesperson's hours",
    ),
    Measure("first_talk", "A request led to a talk; on the day of the request.", value="seconds by the clock"),
    Measure(
        "first_talk_working",
        "A request led to a talk, by working hours.",
        value="seconds of the salesperson's hours",
    ),
    Measure("in_sla", "A request was followed up within the service level; on the day of the request."),
    Measure("touch", "A person of ours reported a call or another attempt; counts for whoever did it."),
    Measure("offer_made", "A lead was offered to a salesperson."),
    Measure("offer_accepted", "It was accepted; on the day of the offer.", value="seconds until the answer"),
    Measure("offer_declined", "It was declined; on the day of the offer.", value="seconds until the answer"),
    Measure("offer_expired", "It expired without an answer; on the day of the offer."),
)
"""What has rows of its own in kpi_fact."""

MEASURES = FACTS + tuple(
    Measure(
        f"contacted_in_{name}",
        f"A request was followed up within {name}; on the day of the request.",
        fact="first_contact",
        where=f"f.value <= {seconds}",
    )
    for name, seconds in WITHIN
)
"""What kpi_daily has."""

BY_NAME = {measure.name: measure for measure in MEASURES}

COHORTS = (
    ("lead", "engaged"),
    ("lead", "contacted"),
    ("lead", "mql"),
    ("lead", "sql"),
    ("lead", "opportunity"),
    ("lead", "connected"),
    ("lead", "customer"),
    ("lead", "bought"),
    ("mql", "sql"),
    ("mql", "connected"),
    ("mql", "customer"),
    ("mql", "bought"),
    ("sql", "customer"),
    ("sql", "bought"),
    ("opportunity", "connected"),
    ("opportunity", "won"),
    ("opportunity", "lost"),
    ("connected", "customer"),
    ("customer", "reordered"),
    ("new_customer", "lost_customer"),
)
"""(begin, goal) of kpi_cohort. Each deal begins by itself, and is won or lost by itself, by its `ref`. Of other goals
that a contact may have several of the first counts; of `bought` that of each product."""
