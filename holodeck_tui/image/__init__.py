"""From a bundle to an image in an engine or a registry."""
