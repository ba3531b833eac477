"""From the reps of a router to the owner of a lead: who is available, who is picked, who waits, and the log of it."""
