"""``python -m tests.screenshots``: pictures of every screen, taken from real runs, into ``screenshots/``."""
