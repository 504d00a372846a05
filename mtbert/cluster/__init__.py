"""Runs side by side, on one machine or many: DVC says which, Ray makes them."""

import os

# Ray reads these when it is imported. Else it reports to its makers; and under `uv run` it starts
# workers by uv, in a copy of the project that has none.
for _variable in ("RAY_USAGE_STATS_ENABLED", "RAY_ENABLE_UV_RUN_RUNTIME_ENV"):
    os.environ.setdefault(_variable, "0")
