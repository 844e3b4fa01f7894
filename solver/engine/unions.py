"""Numbers that belong together, merged bit by bit. networkx has the same, and takes long to import."""

from __future__ import annotations


class Unions:
    """A partition of ``range(size)``, at first every number by itself."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def join(self, *numbers: int) -> None:
        """The sets that these are in become one."""
        roots = {self._root(number) for number in numbers}
        least = min(roots, default=0)
        for root in roots:
            self._parent[root] = least

    def sets(self) -> list[tuple[int, ...]]:
        """Each ascending, in the order of their least numbers."""
        found: dict[int, list[int]] = {}
        for number in range(len(self._parent)):
            found.setdefault(self._root(number), []).append(number)
        return [tuple(members) for members in found.values()]

    def _root(self, number: int) -> int:
        parent = self._parent
        while parent[number] != number:
            parent[number] = parent[parent[number]]  # half the way for those who come later
            number = parent[number]
        return number
