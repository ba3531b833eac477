"""Maps of journeys: built from their code, drawn, and asked what a place does."""
