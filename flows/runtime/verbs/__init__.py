"""What a journey may await: one file per kind of step, executed for a whole batch of runs at once.

A new verb is a file here and a method of `flows.runtime.definitions.journey.Journey`. For one that answers at once copy
`fulfil.py`, for one that waits copy `WaitForStep` in `wait.py`. `email_split.py` is no verb: it is what `send` tries
out.
"""
