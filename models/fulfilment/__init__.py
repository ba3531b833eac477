"""What is sent by hand: lists of entries for whoever sends them."""
