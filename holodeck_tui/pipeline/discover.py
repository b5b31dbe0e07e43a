"""The questions of a first setup: what the logins of this machine are, and what they see of a cloud."""

from holodeck_tui.deployers.discovery import discover, places
from holodeck_tui.deployers.login import Login
from holodeck_tui.deployers.logins import ask_logins, known_logins
from holodeck_tui.deployers.looking import Found, Looking
from holodeck_tui.deployers.registries import Offer, Product, offers

__all__ = [
    "Found",
    "Login",
    "Looking",
    "Offer",
    "Product",
    "ask_logins",
    "discover",
    "known_logins",
    "offers",
    "places",
]
