"""An error that the user of a command can fix: printed as one sentence, without a traceback."""


class CommandError(Exception):
    """Says what was found, what was expected and what to do now."""
