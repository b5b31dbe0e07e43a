"""The question of a first setup: what the login of this machine sees of the chosen cloud."""

from holodeck_tui.deployers.discovery import Found, discover

__all__ = ["Found", "discover"]
