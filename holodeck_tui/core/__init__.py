"""What everything else may use: errors, values, events, cancelling, redaction, files, probes."""
