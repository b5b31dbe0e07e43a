"""What is remembered between runs: records, the journal, the lock."""
