"""What is sent by hand: lists of entries for the person who sends them."""
