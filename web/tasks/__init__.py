"""The pages on which salespeople work."""
