"""What the options of `derive` say of sizes and of code."""

from __future__ import annotations

from typing import Annotated

import typer

AtOption = Annotated[
    str | None,
    typer.Option("--at", metavar="SIZES", show_default=False, help="Sizes, as m=2000,n=1000: the cost in numbers, and code in the order that is best at them."),
]  # fmt: skip
SelfTestOption = Annotated[
    bool,
    typer.Option("--self-test", help="Code that, run as a program, compares the derivative with finite differences."),
]  # fmt: skip
CompressedOption = Annotated[
    bool,
    typer.Option("--compressed", help="Code whose derivative is factors with matvec and dense, not the whole tensor."),
]  # fmt: skip

CODE = ("numpy", "jax", "torch")
"""The formats that are code."""


def sizes_of(text: str) -> dict[str, int]:
    """The sizes of `m=2000,n=1000`; typer.BadParameter says what is wrong with others.

    >>> sizes_of("m=2000, n=1_000")
    {'m': 2000, 'n': 1000}
    """
    sizes: dict[str, int] = {}
    for part in text.split(","):
        name, sign, number = (word.strip() for word in part.partition("="))
        if not name or not sign:
            raise _wrong(f"{part.strip()!r} is no NAME=SIZE, as in m=2000,n=1000")
        try:
            size = int(number)
        except ValueError:
            size = 0
        if size < 1:
            raise _wrong(f"{name} = {number}: a size is a positive whole number")
        if name in sizes:
            raise _wrong(f"{name} has two sizes")
        sizes[name] = size
    return sizes


def code_options(format: str, self_test: bool, compressed: bool) -> dict[str, bool]:
    """What `Result.code` is asked for; typer.BadParameter where the format is no code."""
    for wanted, option in ((self_test, "--self-test"), (compressed, "--compressed")):
        if wanted and format not in CODE:
            formats = ", ".join(CODE[:-1]) + " or " + CODE[-1]
            raise typer.BadParameter(f"it needs --format {formats}", param_hint=option)
    return {"self_test": self_test, "compressed": compressed}


def _wrong(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="--at")
