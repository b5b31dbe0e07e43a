"""Take a HoloDeck agent from ``agent.yaml`` to a healthy running service."""

__version__ = "0.2.0"
