"""Pages about mail, and the addresses that mail comes back to."""
