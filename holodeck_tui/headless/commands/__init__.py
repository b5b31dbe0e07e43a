"""One function a command: session in, answer out. Each module imports what its commands need."""
