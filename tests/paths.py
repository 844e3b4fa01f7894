"""Where tests find what the project ships."""

from pathlib import Path

PROJECT = Path(__file__).parents[1]
SCENARIOS = PROJECT / "tests/scenarios"
SHOP_CLUSTER = str(PROJECT / "deploy/demo/cluster.json")
SHOP_APP = str(PROJECT / "deploy/demo/app.yaml")
SHOP_PENDING = str(PROJECT / "deploy/demo/pending.json")
LOGS = str(PROJECT / "tests/data/scenarios/logs.json")
