"""The parts of benches that need Django, each call in a process of its own: `python -m bench.inside NAME JSON`."""

import django

django.setup()
