"""Double opt-in: what contacts agree to by a form waits for a click in a mail."""
