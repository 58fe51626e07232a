"""Which file of a tree a dotted name stands for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

__all__ = ["Linker"]


class Linker:
    """Resolves the imports of a tree's files.

    A name is looked for from the file's own package root, then from the tree's root and `src`, then from
    every other folder that packages stand in.

    >>> linker = Linker(["src/a/__init__.py", "src/a/b.py", "run.py"])
    >>> [linker.resolve("run.py", name) for name in ("a.b.Thing", "a.gone", "os")]
    ['src/a/b.py', 'src/a/__init__.py', None]
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = {path for path in paths if path.endswith((".py", ".pyi", ".pyw"))}
        self._packages = {
            path.rpartition("/")[0] for path in self._paths if PurePosixPath(path).stem == "__init__"
        }
        self._roots = self._roots_by_name()
        self._own: dict[str, str] = {}

    def resolve(self, source: str, name: str) -> str | None:
        """Give the file that `name`, imported in the file `source`, comes from; None for one outside."""
        folder = source.rpartition("/")[0]
        level = len(name) - len(name.lstrip("."))
        if level:
            return self._relative(folder, level, name[level:])
        parts = name.split(".")
        for root in self._tried(folder, parts[0]):
            if found := self._below(root, parts):
                return found
        return None

    def package_root(self, folder: str) -> str:
        """Give the nearest folder above that is no package itself."""
        if folder not in self._own:
            root = folder
            while root in self._packages and root:
                root = root.rpartition("/")[0]
            self._own[folder] = root
        return self._own[folder]

    def _relative(self, folder: str, level: int, name: str) -> str | None:
        for _ in range(level - 1):
            if not folder:
                return None
            folder = folder.rpartition("/")[0]
        found = self._below(folder, name.split(".")) if name else None
        return found or self._module(folder, "__init__")

    def _tried(self, folder: str, top: str) -> Iterable[str]:
        own = self.package_root(folder)
        there = self._roots.get(top, ())
        return [root for root in (own,) if root in there] + [root for root in there if root != own]

    def _below(self, root: str, parts: list[str]) -> str | None:
        """Give the file of the longest part of a dotted name that is a module below the root."""
        for count in range(len(parts), 0, -1):
            stem = "/".join(parts[:count])
            found = self._module(root, stem) or self._module(root, f"{stem}/__init__")
            if found:
                return found
        return None

    def _module(self, folder: str, stem: str) -> str | None:
        base = f"{folder}/{stem}" if folder else stem
        return next((path for suffix in ("py", "pyi") if (path := f"{base}.{suffix}") in self._paths), None)

    def _roots_by_name(self) -> dict[str, list[str]]:
        """Give, for each name that an absolute import may begin with, the folders that it stands in."""
        roots: dict[str, set[str]] = defaultdict(set)
        for path in self._paths:
            folder, _, file = path.rpartition("/")
            if folder not in self._packages:
                roots[file.rpartition(".")[0]].add(folder)
        for package in self._packages:
            parent, _, name = package.rpartition("/")
            if package and parent not in self._packages:
                roots[name].add(parent)
        # A folder without __init__.py is a package too, from the root or from src.
        for path in self._paths:
            first, slash, rest = path.partition("/")
            if slash:
                roots[first].add("")
            if first == "src" and "/" in rest:
                roots[rest.partition("/")[0]].add("src")
        return {name: sorted(found, key=_nearest_first) for name, found in roots.items()}


def _nearest_first(root: str) -> tuple[int, int, str]:
    return (0 if root == "" else 1 if root == "src" else 2, root.count("/"), root)
