"""What failures do to storage: classes of volumes (C1-C9), what users say instead (C10), and a table of both.

Nothing is guessed: where neither the objects nor the driver table say it, the answer is ``UNKNOWN``.
"""

from solver.planning.storage.nature import Kind, Nature, Recovery
from solver.planning.storage.overrides import NO_OVERRIDES, Override, Overrides, StorageBook
from solver.planning.storage.table import DriverRow, StorageRow, driver_table, storage_table

__all__ = [
    "NO_OVERRIDES",
    "DriverRow",
    "Kind",
    "Nature",
    "Override",
    "Overrides",
    "Recovery",
    "StorageBook",
    "StorageRow",
    "driver_table",
    "storage_table",
]
