"""What the demo prints at its end, for one lead that came in."""

from datetime import timedelta
from io import StringIO

from rich.console import Console

from deployments.demo.show import show
from flows.runtime.prefect_flow import discover
from tests.support.playbook import apply_playbook
from tests.support.story import Story


def test_the_demo_ends_with_runs_scores_shares_and_first_contacts(database_url: str) -> None:
    apply_playbook()
    story = Story(discover())
    ann = story.contact(first_name="Ann", last_name="Lee", job_title="Founder")
    story.happens("form_submitted", "request-info", contact=ann)
    story.pass_time(timedelta(minutes=4))
    story.reports("first call", "Had Call: Qualified Lead", contact=ann)
    printed = StringIO()
    show(Console(file=printed, width=200), "http://pages", "http://prefect")
    said = " ".join(printed.getvalue().split())
    assert "lead_qualification handed over to offer_sequence 1" in said
    assert "0 leads are hot (50 or more)" in said
    assert "Ann Lee 10.00 sql Sarah Miller decides alone" in said
    assert "inbound: Sarah Miller 1" in said
    assert "Sarah Miller 1 1 1" in said
    assert "0 orders worth 0 USD · 0 stuck runs" in said
