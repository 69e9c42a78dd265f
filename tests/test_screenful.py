"""A terminal shows a screenful of a large answer, and says how much more there is; a file gets all."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from benchmarks.growth import problem
from matcalc.printers.formula import Formula
from matcalc.printers.page import plain
from matcalc.printers.terminal import panel
from tests.fakes import FakeAnswer
from tests.terminal import on_terminal

COMMAND = (sys.executable, "-m", "matcalc", "derive")


def _on_terminal(*arguments: str, rows: int = 24, columns: int = 80) -> list[str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "LINES")}
    status, shown = on_terminal(
        [*COMMAND, *arguments], {**kept, "TERM": "xterm"}, errors=False, size=(rows, columns)
    )
    assert status == 0
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    return text.replace("\r\n", "\n").splitlines()


def _into_pipe(*arguments: str) -> list[str]:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_a_large_answer_is_a_screenful_and_says_how_much_more_there_is() -> None:
    line = problem("tanh by W1", 32)
    shown, whole = _on_terminal(line), _into_pipe(line)
    assert len(shown) == 23
    assert all(len(text) <= 80 for text in shown)
    *box, last = shown
    hidden = [int(count) for count in re.findall(r"… (\d+) more lines", "\n".join(box))]
    assert hidden
    assert last.startswith(f"{sum(hidden)} lines are not shown: --full shows all")
    # each of the notes stands in the place of the lines that it counts
    assert len(whole) == len(box) - len(hidden) + sum(hidden)
    for label in ("where", "value", "index form", "matrix form", "dimensions", "verified"):
        assert any(text.startswith(f"│ {label}") for text in box)
    assert _on_terminal("--full", line) == whole


def test_a_higher_terminal_shows_more() -> None:
    line = problem("tanh by W1", 32)
    assert len(_on_terminal(line, rows=50)) == 49
    assert _on_terminal(line, rows=500) == _into_pipe(line)


def test_what_fits_is_shown_as_it_is() -> None:
    line = "d(x'@A@x)/dx"
    assert _on_terminal(line) == _into_pipe(line)


@pytest.mark.parametrize("height", range(1, 40))
def test_every_height_counts_right(height: int) -> None:
    names = tuple(f"h{k} = tanh(W{k} @ x)" for k in range(1, 20))
    answer = FakeAnswer(matrix="h1 @ h19'", names=names, definitions=("r = A@x - b",) * 9)
    answer.value_form = Formula("f = h20", ("h20 = 1",))
    whole, shown = panel(answer), panel(answer, 80, height)
    hidden = sum(map(int, re.findall(r"… (\d+) more lines", plain(shown))))
    notes = plain(shown).count("… ")
    if not hidden:
        assert shown == whole
        return
    # a screen too small for two lines of each part scrolls
    assert len(shown) == max(height, len(panel(answer, 80, 1)))
    assert len(whole) == len(shown) - 1 - notes + hidden
