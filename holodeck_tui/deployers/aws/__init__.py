"""What App Runner and ECS Express share: sessions, errors, names, tags, secrets, logs, ECR, checks.

boto3's core is imported in :mod:`.client` alone, when the first call is made.
"""
