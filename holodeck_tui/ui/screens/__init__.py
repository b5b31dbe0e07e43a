"""The places and dialogs of the terminal app, each with its own stylesheet."""
