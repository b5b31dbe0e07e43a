"""Which files ship, under which names, and what they hash to."""
