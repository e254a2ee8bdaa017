"""Runs Backyard on this machine until Ctrl-C: `make run`, or `.venv/bin/python -m config.run`."""

import signal
import sys

# Until start.py can end everything in order there is nothing to end, and nothing to tell.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from config.run.start import main  # noqa: E402

sys.exit(main())
