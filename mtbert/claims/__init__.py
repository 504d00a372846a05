"""The reports' conclusions as claims that are checked against runs, each with its uncertainty."""
