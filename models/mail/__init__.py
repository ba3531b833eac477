"""Mail: who may get it, when, and what became of it."""
