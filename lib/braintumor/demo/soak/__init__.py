"""The load proof: what the page does under load, in figures; `make soak` runs it."""
