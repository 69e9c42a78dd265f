"""What a batch reads: text, JSON Lines and CSV, and what of it comes back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from matcalc.batch.inputs import Source, WrongInput, blocks, items, with_claim
from matcalc.batch.work import Settings, answer_block

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matcalc", *arguments], input=stdin, capture_output=True, cwd=ROOT,
        check=False, timeout=60, encoding="utf-8",
    )  # fmt: skip


def objects(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def read(text: str, format: str) -> list[tuple[int, str, str | None, object, str | None]]:
    found = items(enumerate(text.split("\n"), 1), format)
    return [(item.line, item.text, item.layout, item.extra, item.fault) for item in found]


def test_json_lines() -> None:
    text = (
        '{"problem": "d(x)/dx", "id": 7, "layout": "vec", "who": ["Ann"]}\n'
        "\n"
        '{"problem": "d(x)/dx where x: n", "claim": "eye(n)"}'
    )
    assert read(text, "jsonl") == [
        (1, "d(x)/dx", "vec", {"id": 7, "who": ["Ann"]}, None),
        (3, "d(x)/dx == eye(n) where x: n", None, {}, None),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "no JSON object"),
        ("[1]", "no JSON object"),
        ("null", "no JSON object"),
        ("[" * 100_000, "no JSON object"),
        ('{"problem": "x", "id": NaN}', "NaN is no number"),
        ('{"id": 3}', 'no "problem"'),
        ('{"problem": " "}', '"problem" is empty'),
        ('{"problem": 3}', '"problem" is not a string'),
        ('{"problem": "x", "layout": 3}', '"layout" is not a string'),
    ],
)
def test_what_is_no_object_with_a_problem_is_a_fault(line: str, reason: str) -> None:
    ((_, _, _, _, fault),) = read(line, "jsonl")
    assert fault is not None
    assert reason in fault


def test_csv() -> None:
    text = (
        "student,Problem,claim,layout\n"
        "Ann,d(x'@x)/dx where x: n,2*x,\n"
        '"Bob, jr","d(A@x)/dx\nwhere A: m x n",,denominator\n'
        "\n"
        "Cid,,x,\n"
        "Dan,x,,,more\n"
    )
    assert read(text, "csv") == [
        (2, "d(x'@x)/dx == 2*x where x: n", None, {"student": "Ann"}, None),
        (3, "d(A@x)/dx where A: m x n", "denominator", {"student": "Bob, jr"}, None),
        (6, " == x", None, {"student": "Cid"}, "the column problem is empty"),
        (7, "x", None, {"student": "Dan"}, "the line has 5 fields, the first line 4"),
    ]
    assert read("problem;id\nd(x, y)/dx;3", "csv") == [(2, "d(x, y)/dx", None, {"id": "3"}, None)]
    assert read("", "csv") == []
    with pytest.raises(WrongInput):
        read("question,answer\n1,2\n", "csv")


def test_claims_stand_before_declarations_and_comments() -> None:
    assert with_claim("d(x)/dx  # where is it", "1") == "d(x)/dx == 1  # where is it"
    assert with_claim("x\twhere x: n # c", "y\n+ z") == "x == y + z\twhere x: n  # c"


def test_blocks_stand_on_their_own() -> None:
    lines = ["let x: n", "d(x'@x)/dx == 2*x", "layout denominator", "# c", "d(x)/dx == eye(n)"]

    def source() -> Source:
        return Source("", enumerate(lines, 1))

    settings = Settings("check")
    (whole,) = blocks([source()])
    expected = answer_block(whole, settings)
    assert [record["line"] for record in expected] == [2, 5]
    for size in (1, 2, 3):
        parts = list(blocks([source()], lines=size))
        # in any order, each with no memory of the others
        found = [answer_block(part, settings) for part in reversed(parts)]
        assert [record for records in reversed(found) for record in records] == expected
    (rest,) = blocks([source()], after=(0, 2), last=lines[1])
    assert rest.statements == ((1, "let x: n"),)
    assert answer_block(rest, settings) == expected[1:]
    assert answer_block(whole.part(4, 5), settings) == expected[1:]
    with pytest.raises(WrongInput):
        list(blocks([source()], after=(0, 2), last="another line"))
    with pytest.raises(WrongInput):
        list(blocks([source()], after=(0, 9), last="a line of a longer file"))


def test_what_goes_with_a_problem_comes_back(tmp_path: Path) -> None:
    table = tmp_path / "homework.csv"
    table.write_text(
        "\ufeffstudent,problem,claim,layout,answer\r\n"
        'Ann,"d(x\'@x)/dx where x: n",x,,wrong?\r\n'
        "Bob,d(A@x)/dx where A: m x n,A',denominator,\r\n"
        "Cid,d(A@x)/dx,A,diagonal,\r\n",
        "utf-8",
    )
    many = tmp_path / "many.jsonl"
    many.write_text('{"problem": "let x: 3"}\n{"problem": "d(x)/dx == eye(3)", "id": "q1"}\n{\n')
    done = run("check", "--format", "json", str(table), str(many))
    ann, bob, cid, first, broken = objects(done)
    assert (done.returncode, done.stderr) == (1, "")
    assert (ann["status"], ann["answer"], ann["given_answer"]) == ("wrong", "2*x", "wrong?")
    assert (ann["student"], ann["line"], ann["file"]) == ("Ann", 2, str(table))
    assert (bob["status"], bob["student"]) == ("ok", "Bob")
    assert isinstance(cid["error"], dict)
    assert (cid["error"]["kind"], cid["student"]) == ("name", "Cid")
    assert (first["status"], first["id"], first["file"]) == ("ok", "q1", str(many))
    assert isinstance(broken["error"], dict)
    assert (broken["status"], broken["error"]["kind"], broken["line"]) == ("error", "syntax", 3)


def test_input_format_says_what_standard_input_is(tmp_path: Path) -> None:
    line = '{"problem": "d(x\'@x)/dx", "id": 1}\n'
    done = run("derive", "--format", "json", "--input-format", "jsonl", stdin=line)
    (answer,) = objects(done)
    assert (done.returncode, answer["matrix"], answer["id"]) == (0, "2*x", 1)
    assert "line" not in answer
    wrong = run("check", "--input-format", "csv", stdin="a,b\n1,2\n")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "there is no column problem" in wrong.stderr


def test_derive_reads_files(tmp_path: Path) -> None:
    file = tmp_path / "problems.txt"
    file.write_text("let x: n\nd(x'@x)/dx == x\n", "utf-8")
    done = run("derive", "--format", "text", "d(y'@y)/dy", str(file))
    assert done.stdout == "2*y\n2*x\nwrong: x: a factor 2 is missing: 2*x\n"
    assert done.returncode == 1
    done = run("derive", str(tmp_path / "none.csv"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such file" in done.stderr
