"""What is wrong with journeys before anybody is on them: the rules, and what breaks them."""
