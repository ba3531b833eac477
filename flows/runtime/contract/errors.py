"""What can go wrong with a journey, one sentence per class; ops read it as the reason why a run is stuck."""

from models.wording import did_you_mean


class JourneyError(Exception):
    """Something is wrong with a journey's code or with what it names."""


class UnloadableJourney(JourneyError):
    """The file of the journey cannot be loaded by Python."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}. Mend the file, start Tend anew (./tend up), then let the run go on.")


class ChangedJourney(JourneyError):
    """The code asks for another step than the one this run has recorded."""

    def __init__(self, run_id: int, number: int, recorded: str, asked: str) -> None:
        super().__init__(
            f"Run {run_id}: step {number} was '{recorded}', the code now says '{asked}'. Runs begun before the change "
            "need the old step; see 'Changing a live journey' in the README."
        )


class UnexpectedEvent(JourneyError):
    """A run was resumed by an event that its step, as the code says it now, does not wait for."""

    def __init__(self, event: str, expected: str) -> None:
        super().__init__(f"The run was resumed by {event}, the code now says '{expected}'.")
        self.event = event
        self.expected = expected


class AwaitedNoStep(JourneyError):
    """The journey awaits something that is not one of its verbs."""

    def __init__(self, found: object) -> None:
        super().__init__(
            f"The journey awaited {type(found).__name__}, which is not a step. Await only the journey's verbs, such as "
            "j.send() or j.wait(); put work outside the journey into an activity and await j.call()."
        )


class StepNotAwaited(JourneyError):
    """The journey made a step and did not await it, so it was not done."""

    def __init__(self, step: str, place: str = "") -> None:
        super().__init__(
            f"{step}{f' ({place})' if place else ''} was made and not awaited, so it was not done. Write `await` in "
            "front of it, where it is made: steps are taken one after another."
        )


class StepAwaitedTwice(JourneyError):
    """The journey awaited a step that was done already, or that no method of `j` has made."""

    def __init__(self, step: str) -> None:
        super().__init__(
            f"{step} was awaited twice, or made without j. Make the step anew each time: `await j.wait(...)`, in a "
            "loop as well."
        )


class HelperNotAwaited(JourneyError):
    """The journey called one of its own coroutines and did not await it, so nothing of it was done."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}() was called and not awaited, so nothing of it was done. Write `await {name}(...)`.")


class NoEnding(JourneyError):
    """The journey came to its end without saying how the customer stands."""

    def __init__(self, found: object) -> None:
        super().__init__(
            f"The journey returned {found!r}, expected an ending such as 'bought' or hand_over('lead_nurture'). "
            "Give every path a return."
        )


class UnknownJourney(JourneyError):
    """A journey was named that does not exist."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"There is no journey '{name}'.{did_you_mean(name, known)} There are: {', '.join(known)}.")


class NoOwner(JourneyError):
    """A task is for the contact's owner, but the contact has none."""

    def __init__(self, task: str) -> None:
        super().__init__(
            f"The task '{task}' goes to the contact's owner, but the contact has none. "
            "Await j.route() before it, or name an address with to=."
        )


class TurnNotStorable(JourneyError):
    """What the journey did cannot be stored."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"What the journey did in this turn cannot be stored, so nothing of it was done: {found}. Look for text "
            "with null bytes, keys that are no text, and numbers of more than 64 bits."
        )


class TooManySteps(JourneyError):
    """The journey took too many steps without waiting."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"The journey took {most:,} steps without waiting, so it may never end. If it is in a loop, await j.wait() "
            "or j.wait_for() in it."
        )


class ActivityFailed(JourneyError):
    """An activity failed after all its retries; the journey may catch this and go another way."""
