"""The cases of the language: what parses to what, what is inferred, and how errors read."""

from __future__ import annotations

from tests.cases import check
from tests.language.show import show_error, show_inferred, show_line


def test_parse() -> None:
    check("parse.txt", show_line)


def test_infer() -> None:
    check("infer.txt", show_inferred)


def test_errors() -> None:
    check("errors.txt", show_error)
