"""What a verb knows of the runtime: the turn it is executed in, the steps asked for, their results, and errors."""
