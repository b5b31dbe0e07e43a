"""``python -m holodeck_tui`` is the same command as ``holodeck-deploy-tui``."""

from holodeck_tui.cli import main

if __name__ == "__main__":
    main()
