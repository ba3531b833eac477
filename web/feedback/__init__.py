"""The pages on which owners of leads say how it goes."""
