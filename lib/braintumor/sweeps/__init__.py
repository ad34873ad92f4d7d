"""Seeds × folds × models as one graph: planned, dealt, answered, joined."""
