"""The one number behind everything random in a run; ``E2E_SEED`` sets it."""

from __future__ import annotations

import os
import random

SEED = int(os.environ.get("E2E_SEED") or random.SystemRandom().randrange(2**32))
