"""What downloads have in common."""
