"""What a journey may await, one file per kind of step; each is executed for a whole batch of runs at once."""
