"""Lines of logs: kept on disk, filtered and laid out without ever reading what is not needed."""
