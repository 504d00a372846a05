"""Runs side by side, on one machine or many: DVC finds what is stale, Ray runs it."""

import os

# Ray reads these on import. Otherwise it sends usage statistics, and under `uv run` it starts
# workers through uv, which a copy of the project lacks.
for _variable in ("RAY_USAGE_STATS_ENABLED", "RAY_ENABLE_UV_RUN_RUNTIME_ENV"):
    os.environ.setdefault(_variable, "0")
