"""Matrix forms against those that people wrote: symbols of each, on files of true claims."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matcalc
from matcalc.errors import MatcalcError
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Problem

CORPUS = Path(__file__).resolve().parent.parent / "tests" / "corpus" / "claims.jsonl"


def symbols(text: str) -> int:
    """Names, numbers, functions and operators, as `forms.symbols` counts: (A @ B)' has one more."""
    problem = parse_line(text)
    assert isinstance(problem, Problem), text
    count = 0
    stack = [problem.expression]
    while stack:
        part = stack.pop()
        stack.extend(part.children)
        if part.kind == "transpose":
            count += part.children[0].kind == "group"
        elif part.kind == "keyword":
            stack.pop()
        count += part.kind != "group"
    return count


def claims(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file whose claim is true, with `line`."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        row.setdefault("line", row.get("problem", ""))
        if (
            not path.name.startswith("bad")
            and "==" in row["line"]
            and row.get("truth", row.get("mistake") is None)
        ):
            yield row


def parts(line: str) -> tuple[str, str]:
    """The problem without its claim, and the claim."""
    left, _, right = line.partition("==")
    claim, where, declarations = right.partition(" where ")
    return f"{left.strip()}{where}{declarations}", claim.strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="folders of *.jsonl with claims")
    parser.add_argument("--all", action="store_true", help="show every row, not the longer ones")
    options = parser.parse_args()
    files = [
        CORPUS,
        *(file for folder in options.folders for file in sorted(folder.glob("*.jsonl"))),
    ]
    total = short = formless = 0
    for file in files:
        for row in claims(file):
            problem, claim = parts(row["line"])
            try:
                result = matcalc.derive(
                    problem,
                    layout=row.get("layout", "jacobian"),
                    structure=row.get("structure", "projected"),
                )
            except (MatcalcError, ValueError) as error:
                print(f"{row['id']:16} {error}")
                continue
            total += 1
            ours = result.matrix or result.kronecker
            if ours is None:
                formless += len(result.shape) <= 2
                print(f"{row['id']:16}       {problem}\n{'':23} {claim}\n{'':23} {result.index}")
                continue
            counts = symbols(ours), symbols(claim)
            short += counts[0] <= counts[1]
            if options.all or counts[0] > counts[1]:
                print(f"{row['id']:16} {counts[0]:2} {counts[1]:2} {problem}")
                print(f"{'':23}{claim}\n{'':23}{ours}")
    print(
        f"{short} of {total} are as short as the claim; {formless} of order ≤ 2 have no matrix form"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
