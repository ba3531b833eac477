"""What the code of a journey is made of: its definition, the verbs that it may await, and one run of it."""
