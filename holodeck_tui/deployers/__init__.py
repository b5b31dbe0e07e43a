"""From an image to a running service, one module per target."""
