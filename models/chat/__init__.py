"""Notes by chat: which there are, how they read in Slack and Teams, and their way out."""
