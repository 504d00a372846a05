"""The reports' conclusions as claims, and the verdicts on them."""
