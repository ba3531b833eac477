"""What ops set in the Prefect UI, what talks to the outside, and how letters are written."""
