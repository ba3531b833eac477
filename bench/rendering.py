"""What an email costs to render, by the skeleton of its page and by inlining and reading each page by itself.

    .venv/bin/python -m bench.rendering [--emails 2000] [--template lead_nurture/article_1]

Every email is made both ways, one after the other, so that other load on the machine falls on both alike. Both must
give the same, or the run ends. CPU time of this process; no database and no mailer.
"""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from deployments.stack.paths import ROOT
from models import MessageKind
from models.mail.rendering.email import EmailDraft, RenderContext, render_page
from models.mail.rendering.inline_css import inline_css
from models.mail.rendering.links import Links
from models.mail.rendering.plain_text import plain_text
from models.mail.rendering.skeleton import EmailBodies
from models.playbook import load

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
WARM_UP = 20
"""Emails rendered before the clock starts: templates are compiled, skeletons worked out."""

Bodies = tuple[str, str]
Result = TypeVar("Result")
console = Console()


class DifferentBodies(RuntimeError):
    """The two ways gave different emails; the figures mean nothing."""


def main() -> None:
    """Both ways, and their ratio."""
    options = _options()
    links = Links("https://tend.example.com", "/site", lambda purpose, value: f"{purpose}-{value}".replace(" ", "-"))
    context = RenderContext(
        playbook=load(ROOT / "deployments" / "playbook.yaml"), links=links, at=NOON, own_tracking=False
    )
    drafts = [_draft(number, options.template) for number in range(options.emails + WARM_UP)]
    rendering, each, shared = 0.0, 0.0, 0.0
    for number, draft in enumerate(drafts):
        page, page_cpu = _timed(partial(render_page, draft, context))
        by_itself, each_cpu = _timed(partial(_by_itself, page))
        by_skeleton, shared_cpu = _timed(partial(_by_skeleton, page))
        if by_itself != by_skeleton:
            raise DifferentBodies(f"{draft.template}, email {number}")
        if number >= WARM_UP:
            rendering, each, shared = rendering + page_cpu, each + each_cpu, shared + shared_cpu
    _report(options.emails, rendering, each, shared)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emails", type=int, default=2_000)
    parser.add_argument("--template", default="lead_nurture/article_1")
    return parser.parse_args()


def _draft(number: int, template: str) -> EmailDraft:
    contact = {"id": number, "email": f"lead{number}@example.com", "first_name": f"Ann{number}"}
    return EmailDraft(
        message_id=number,
        key=str(number),
        kind=MessageKind.MARKETING,
        template=template,
        to_address=contact["email"],
        data={},
        contact=contact | {"challenge": "Customer loyalty"},
        owner={},
        form={},
        task={},
    )


def _by_itself(page: str) -> Bodies:
    return inline_css(page), plain_text(page)


def _by_skeleton(page: str) -> Bodies:
    bodies = EmailBodies(page)
    return bodies.html, bodies.text


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What comes of it, and the CPU seconds that it took."""
    before = time.process_time()
    return work(), time.process_time() - before


def _report(emails: int, rendering: float, each: float, shared: float) -> None:
    table = Table("microseconds of CPU per email", "page by itself", "by skeleton")
    for name, one, other in (
        ("template filled in", rendering, rendering),
        ("styles inlined, text read", each, shared),
        ("both", rendering + each, rendering + shared),
    ):
        table.add_row(name, f"{one / emails * 1e6:,.0f}", f"{other / emails * 1e6:,.0f}")
    console.print(table)
    console.print(f"by itself / by skeleton: {(rendering + each) / (rendering + shared):.2f} (goal: at least 2)")


if __name__ == "__main__":
    main()
