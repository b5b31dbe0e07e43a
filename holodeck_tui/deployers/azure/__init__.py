"""Azure Container Apps. Nothing here imports Microsoft's packages before the first call needs them."""
