"""What the emitted code needs to know of a library: a column of spellings for each one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module

from matcalc.errors import MatcalcError

TARGETS = {
    "numpy": "matcalc.emit.numpy_column",
    "jax": "matcalc.emit.jax_column",
    "torch": "matcalc.emit.torch_column",
}
"""The library's name to the module that has its column, as BACKEND."""

CHECKS = '''
def _fit(what, found, why, expected):
    """A ValueError where a size is not the expected one."""
    if found != expected:
        raise ValueError(f"{what.format(found)}, but {why.format(expected)}")


def _size(name, given):
    """The size of a dimension that no tensor determines."""
    if given is None:
        raise TypeError(f"no tensor determines the dimension {name}: give it, as in {name}=3")
    size = int(given)
    if size != given or size < 1:
        raise ValueError(f"the dimension {name} is a positive integer, not {given}")
    return size


'''
"""The helpers that are the same for every library."""


class Backend:
    """A library's spellings: templates of operations, functions and helper functions.

    `imports` are lines by the word that needs them, `prefix` what the names of functions follow.
    `helpers` is the source of all helper functions; a module gets those that it calls.  `like` is
    the word by which templates say dtype and device, where those must be said; `numbers` whether
    functions take Python's numbers; `eager` whether code is run as it stands, so that it may change an
    array that it has made, and take a root that autodiff would stumble over at 0; `note` what the
    docstring says of numbers and dtypes.
    """

    __slots__ = (
        "_helpers",
        "_source",
        "applies",
        "eager",
        "imports",
        "like",
        "maps",
        "name",
        "note",
        "numbers",
        "operations",
        "prefix",
    )

    def __init__(
        self,
        name: str,
        imports: Mapping[str, str],
        prefix: str,
        operations: Mapping[str, str],
        maps: Mapping[str, str],
        applies: Mapping[str, str],
        helpers: str,
        *,
        note: str,
        like: str = "",
        numbers: bool = True,
        eager: bool = False,
    ) -> None:
        self.name = name
        self.imports = imports
        self.prefix = prefix
        self.operations = operations
        self.maps = maps
        self.applies = applies
        self.note = note
        self.like = like
        self.numbers = numbers
        self.eager = eager
        self._source = CHECKS + helpers
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

    @property
    def reserved(self) -> tuple[str, ...]:
        """The names that a problem's own words must not take."""
        roots = (word.partition(".")[0] for word in self.imports)
        return (*dict.fromkeys(roots), *([self.like] if self.like else []), *self.helpers)

    def imports_of(self, text: str) -> str:
        """The lines of import that the text needs.

        >>> backend("numpy").imports_of("np.eye(3)")
        'import numpy as np'
        """
        needed = (
            line
            for word, line in self.imports.items()
            if re.search(rf"(?<![\w.]){re.escape(word)}\.", text)
        )
        return "\n".join(needed)

    def like_lines(self, tensor: str | None, lines: list[str]) -> list[str]:
        """The statement that reads dtype and device off a tensor (None: there is none), if lines use them."""
        if not self.like or not re.search(rf"\b{self.like}\b", "\n".join(lines)):
            return []
        name = "like_default" if tensor is None else "like"
        return [self.operations[name].format(tensor)]

    def helpers_of(self, text: str) -> list[str]:
        """The source of the helpers that the text uses, and that those use, in order."""
        wanted: set[str] = set()
        texts = [text]
        while texts:
            for name in re.findall(r"\b_\w+", texts.pop()):
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
