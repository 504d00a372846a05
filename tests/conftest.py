"""Set up before any test imports torch."""

import os

# Tests share their cores with other tests: threads must not spin while they wait.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
