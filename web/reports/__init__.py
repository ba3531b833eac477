"""The reports: the first screen, a page for each chapter, and the people behind each number."""
