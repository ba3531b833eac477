"""How goals stand, and what is proposed."""
