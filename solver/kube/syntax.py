"""What names, label keys and label values may look like. Source: apimachinery ``pkg/util/validation``."""

from __future__ import annotations

import re
from functools import lru_cache

_DNS = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_NAME = re.compile(_DNS)
_KEY_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")

OBJECT_NAME = "a lowercase DNS name of at most 253 characters"
LABEL_KEY = "a label key: an optional DNS prefix and /, then at most 63 letters, digits, '-', '_', '.'"
LABEL_VALUE = "a label value: at most 63 letters, digits, '-', '_', '.', with a letter or digit at both ends"


@lru_cache(maxsize=65536)
def is_object_name(text: str) -> bool:
    return len(text) <= 253 and _NAME.fullmatch(text) is not None


@lru_cache(maxsize=65536)
def is_label_key(text: str) -> bool:
    """A qualified name."""
    prefix, slash, name = text.rpartition("/")
    if slash and not (len(prefix) <= 253 and _NAME.fullmatch(prefix)):
        return False
    return len(name) <= 63 and _KEY_NAME.fullmatch(name) is not None


@lru_cache(maxsize=65536)
def is_label_value(text: str) -> bool:
    return not text or (len(text) <= 63 and _KEY_NAME.fullmatch(text) is not None)
