"""Tests; what several of them share stands in `tests.support`.

What is set here is set before any library is loaded.
"""

import os

# The workers use all cores; more threads, for small matrices, would only spin and wait.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
