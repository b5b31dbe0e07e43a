"""Files to models and back: round trip with positions, precedence, references, problems."""
