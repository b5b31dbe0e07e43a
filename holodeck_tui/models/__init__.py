"""What people write: ``deployment:``, deploy.yaml, and what a deploy must know of agent.yaml."""
