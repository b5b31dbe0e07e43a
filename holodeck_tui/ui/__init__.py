"""The terminal app: screens over the same engine and the same events as the headless commands."""
