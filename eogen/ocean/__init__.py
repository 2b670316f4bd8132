"""Ocean: what is under the clouds, and how much to believe it."""
