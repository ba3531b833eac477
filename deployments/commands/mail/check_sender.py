"""`tend check-sender`: whether receivers will take mail from the company's domain, and what to publish if not."""

from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape

from deployments.stack.command_error import CommandError
from deployments.stack.database_address import use_database
from models.database import engine
from models.mail.sender_check.findings import Verdict, to_mend
from models.mail.sender_check.sender import check_sender, domain_of
from models.playbook import NoPlaybook, current_playbook

SIGNS = {
    Verdict.GOOD: "[green]✓[/]",
    Verdict.BETTER: "[yellow]![/]",
    Verdict.WRONG: "[red]✗[/]",
    Verdict.UNKNOWN: "[dim]?[/]",
}


def print_sender(console: Console) -> int:
    """Print it; gives the exit code, 1 when something is to be mended. Raises CommandError without a playbook."""
    use_database()
    with engine().connect() as connection:
        try:
            playbook = current_playbook(connection)
        except NoPlaybook as error:
            raise CommandError(str(error)) from None
        findings = check_sender(connection, playbook, datetime.now(UTC))
    sender, domain = escape(playbook.company.from_email), escape(domain_of(playbook))
    console.print(f"Mail goes out from {sender}; this is what receivers find about {domain}.")
    for finding in findings:
        says = escape(f"{finding.says} {finding.reason}")
        console.print(f"{SIGNS[finding.verdict]} [bold]{finding.part}[/]: {says}")
        for record in finding.publish:
            console.print(f"    publish: {escape(record)}", soft_wrap=True)
    return int(bool(to_mend(findings)))
