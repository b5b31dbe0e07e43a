"""The order of it: plan, build, push, run, verify; and what can be asked of what runs."""
