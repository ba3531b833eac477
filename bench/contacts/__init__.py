"""What pages about contacts take among a million."""
