"""What ``solve rebalance`` and ``solve drain`` say: ``text``, ``document`` and ``commands``, all from
``facts``."""
