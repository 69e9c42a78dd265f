"""Cases kept as text: an input, a line `===`, what is expected; blank lines between."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent / "cases"


class Case:
    """An input and what is expected of it; the id is the input."""

    __slots__ = ("expected", "text")

    def __init__(self, text: str, expected: str) -> None:
        self.text = text
        self.expected = expected


def load(name: str) -> list[Case]:
    """The cases of a file in tests/cases.

    Lines that start with `##` are remarks.
    """
    cases = []
    for block in _blocks(name):
        text, _, expected = block.partition("\n===\n")
        if expected:
            cases.append(Case(_remarks(text)[1], expected))
    return cases


def check(name: str, answer: Callable[[str], str]) -> None:
    """Compare every case with the answer; UPDATE_CASES=1 writes the answers instead, to be read."""
    if os.environ.get("UPDATE_CASES"):
        blocks = []
        for block in _blocks(name):
            text = block.partition("\n===\n")[0].removesuffix("\n===")
            remarks, plain = _remarks(text)
            blocks.append(f"{remarks}{plain}\n===\n{answer(plain)}" if plain else remarks.rstrip())
        (FOLDER / name).write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
        return
    cases = load(name)
    assert cases
    wrong = []
    for case in cases:
        got = answer(case.text)
        if got != case.expected:
            wrong.append(f"{case.text}\n  expected\n{case.expected}\n  got\n{got}")
    assert not wrong, f"{len(wrong)} of {len(cases)} differ\n\n" + "\n\n".join(wrong)


def _blocks(name: str) -> list[str]:
    content = (FOLDER / name).read_text(encoding="utf-8")
    return [block.strip("\n") for block in content.split("\n\n") if block.strip("\n")]


def _remarks(text: str) -> tuple[str, str]:
    lines = text.split("\n")
    remarks = [line for line in lines if line.startswith("##")]
    plain = [line for line in lines if not line.startswith("##")]
    return "".join(line + "\n" for line in remarks), "\n".join(plain)
