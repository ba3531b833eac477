"""The commands of `./tend`. What a command needs is imported inside it: most of them should answer at once."""

import sys
from typing import Annotated

import typer

from deployments.command_groups import development, journeys, numbers, running
from deployments.command_groups.demo_installation import use_demo
from deployments.stack.command_error import CommandError

RENAMED = {"score-test": "back-test", "send-test": "send-preview", "sendgrid-double": "sendgrid-fake"}
"""Commands as they were called in 0.1.0; they still work, and say what they are called now."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Tend: sales-force automation where a customer journey is one Python file. Begin with `demo`, then `up`.",
)
for part in (running, journeys, numbers, development):
    app.add_typer(part.commands)


@app.callback()
def choose_installation(
    demo: Annotated[
        bool, typer.Option("--demo", help="Work on the demo's installation, such as: ./tend --demo logs")
    ] = False,
) -> None:
    """What stands before the name of the command."""
    if demo:
        use_demo()


def with_present_name(arguments: list[str]) -> list[str]:
    """The arguments of the command line; a command's earlier name is replaced, with a word on standard error."""
    if not arguments or arguments[0] not in RENAMED:
        return arguments
    old, new = arguments[0], RENAMED[arguments[0]]
    typer.echo(f"./tend {old} is called ./tend {new} now; the old name still works.", err=True)
    return [new, *arguments[1:]]


def main() -> None:
    """Run the command. An error that the user can fix is one sentence on standard error, and exit code 1."""
    try:
        app(with_present_name(sys.argv[1:]), prog_name="tend")
    except CommandError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
