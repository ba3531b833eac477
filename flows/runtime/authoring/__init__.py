"""What an author may get wrong in a journey's code, found in its source and while it runs."""
