"""Events to text or NDJSON; the commands of the command line."""
