"""The parts of benches that need Django, in a process of their own, which the bench talks to in lines of JSON."""

import django

django.setup()
