"""`make bench`: what is fast and what is not, both sides of a claim in one run."""
