"""The README's examples, run: `python -m tests.readme` writes their output and the table anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from matcalc.printers import function_table

README = Path(__file__).resolve().parent.parent / "README.md"

_CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_PYTHON = re.compile(r"(?<=^```python\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(
    r"(?<=^<!-- functions: begin -->\n).*?(?=^<!-- functions: end -->$)", re.MULTILINE | re.DOTALL
)


def console_blocks(text: str) -> list[str]:
    """What stands between ```console and ```."""
    return _CONSOLE.findall(text)


def python_blocks(text: str) -> list[str]:
    """What stands between ```python and ```."""
    return _PYTHON.findall(text)


def commands(block: str) -> list[str]:
    """The commands of a block: lines after `$ `, continued by lines after `> `."""
    found: list[str] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(line[2:])
        elif line.startswith("> ") and found:
            found[-1] += "\n" + line[2:]
    return found


def run(command: str, folder: Path) -> str:
    """What a command prints, errors too, as in a terminal of 80 columns without colour."""
    for name, runs in (("matcalc", "-m matcalc"), ("python", "")):
        shim = folder / name
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" {runs} "$@"\n', encoding="utf-8")
        shim.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(README.parent),
        "COLUMNS": "80",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.stdout.decode("utf-8")


def refreshed_block(block: str) -> str:
    """A block with the output that its commands have now."""
    parts: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for command in commands(block):
            parts.append("$ " + command.replace("\n", "\n> ") + "\n")
            parts.append(run(command, Path(folder)))
    return "".join(parts)


def refreshed_table(text: str) -> str:
    """The README with the table of functions as it is now."""
    return _TABLE.sub(lambda _: function_table.markdown() + "\n", text)


def main() -> None:
    text = README.read_text(encoding="utf-8")
    text = _CONSOLE.sub(lambda block: refreshed_block(block[0]), refreshed_table(text))
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
