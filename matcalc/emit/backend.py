"""What the emitted code needs to know of a library: a column of spellings for each one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module

from matcalc.errors import MatcalcError

TARGETS = {"numpy": "matcalc.emit.numpy_column"}
"""The library's name to the module that has its column, as BACKEND."""


class Backend:
    """A library's spellings: templates of operations, functions and helper functions.

    `helpers` is the source of all helper functions; a module gets those that it calls.
    """

    __slots__ = (
        "_helpers",
        "_source",
        "applies",
        "imports",
        "maps",
        "name",
        "operations",
        "prefix",
    )

    def __init__(
        self,
        name: str,
        imports: str,
        prefix: str,
        operations: Mapping[str, str],
        maps: Mapping[str, str],
        applies: Mapping[str, str],
        helpers: str,
    ) -> None:
        self.name = name
        self.imports = imports
        self.prefix = prefix
        self.operations = operations
        self.maps = maps
        self.applies = applies
        self._source = helpers
        self._helpers: dict[str, str] | None = None

    @property
    def helpers(self) -> dict[str, str]:
        """The source of each helper function by its name, in the order of the column."""
        if self._helpers is None:
            parts = re.split(r"^(?=def )", self._source, flags=re.MULTILINE)
            self._helpers = {
                part[4 : part.index("(")]: part.rstrip()
                for part in parts
                if part.startswith("def ")
            }
        return self._helpers

    def helpers_of(self, text: str) -> list[str]:
        """The source of the helpers that the text calls, and that those call, in order."""
        wanted: set[str] = set()
        texts = [text]
        while texts:
            for name in re.findall(r"\b_\w+(?=\()", texts.pop()):
                if name in self.helpers and name not in wanted:
                    wanted.add(name)
                    texts.append(self.helpers[name])
        return [source for name, source in self.helpers.items() if name in wanted]


def backend(target: str) -> Backend:
    """The column of a library; MatcalcError("unsupported") for one that has none.

    >>> backend("numpy").prefix
    'np'
    """
    if target not in TARGETS:
        raise MatcalcError(
            "unsupported", f"there is no code for {target}, only for {', '.join(TARGETS)}"
        )
    found: Backend = import_module(TARGETS[target]).BACKEND
    return found
