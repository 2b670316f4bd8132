"""The desk of results: targets, methods against each other, runs compared, cards, reviews."""
