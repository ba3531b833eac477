"""What the forms of pages for ops have in common."""
