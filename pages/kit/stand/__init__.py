"""The stand: one screen in a noisy hall, touched by everybody, from which nobody leaves the app."""
