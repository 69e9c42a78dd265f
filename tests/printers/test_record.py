"""The JSON of a record: one line for every reader, and UTF-8 for every text."""

from __future__ import annotations

import json

import pytest

from matcalc.printers.record import to_json


@pytest.mark.parametrize("text", ["a\x85b", "a\u2028b", "\u2029Σ\u2028\x85", "a\nb", "Σⱼ A[i,j]", "plain"])  # fmt: skip
def test_a_record_is_one_line_that_reads_back(text: str) -> None:
    written = to_json({"input": text})
    assert len(written.splitlines()) == 1
    assert json.loads(written) == {"input": text}


def test_letters_stay_and_lone_surrogates_do_not() -> None:
    assert to_json({"input": "Σ\udc80"}) == '{"input": "Σ?"}'
    to_json({"input": "Σ"}).encode("utf-8")
