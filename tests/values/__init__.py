"""Reading single values as people write them."""
