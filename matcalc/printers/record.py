"""The JSON objects of the results: one a line, keys stable."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    import json


def error_object(text: str, error: MatcalcError, line: int | None = None) -> dict[str, object]:
    """The object of a problem that could not be derived; with the line where it is asked for.

    >>> error_object("sine(x)", MatcalcError("name", "no function sine"))["status"]
    'error'
    """
    if line is not None:
        return {"status": "error", "line": line, "input": text, "error": error.to_dict()}
    return {"input": text, "status": "error", "error": error.to_dict()}


def to_json(record: Mapping[str, object]) -> str:
    """One line, letters as they are; what some readers take for a line's end is escaped, and a
    lone surrogate, which UTF-8 cannot hold, is replaced.

    >>> to_json({"index": "Σⱼ"}), to_json({"input": "x\\u2028y"})
    ('{"index": "Σⱼ"}', '{"input": "x\\\\u2028y"}')
    """
    text = _encoder().encode(record)
    if text.isascii():
        return text
    for end, escape in _LINE_ENDS.items():
        if end in text:
            text = text.replace(end, escape)
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _encoder() -> json.JSONEncoder:
    # made once: to make it takes longer than to write an answer
    import json

    return json.JSONEncoder(ensure_ascii=False)


_LINE_ENDS = {end: f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
