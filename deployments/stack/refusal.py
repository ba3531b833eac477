"""What stops a command and is the reader's to mend: printed as one sentence, without a traceback."""


class Refusal(Exception):
    """Says what was found, what was expected and what to do now."""
