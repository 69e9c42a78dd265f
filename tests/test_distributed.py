"""`check --dask`: blocks on a local cluster, one of whose workers is killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from matcalc import distributed as ours
from matcalc.batch.inputs import Block, Item
from matcalc.batch.work import Settings, answer_block

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = Settings("check", timeout=10)

if find_spec("distributed") is None:
    # a reason alone is not shown by default
    warnings.warn("check --dask is NOT TESTED: install matcalc-cli[dask]", stacklevel=1)
dask = pytest.importorskip("distributed", reason="it needs matcalc-cli[dask]")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with dask.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
        silence_logs=60,
    ) as running:  # fmt: skip
        yield running


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    """A directory with 61 claims in two files; those of the first need what stands before them."""
    folder = tmp_path / "claims"
    (folder / "more").mkdir(parents=True)
    (folder / ".hidden.txt").write_text("d(x)/dx == 7\n", "utf-8")
    (folder / "notes.md").write_text("# notes\n", "utf-8")
    (folder / "one.txt").write_text(
        "let A: 2 x 3\n"
        + "d(A@x)/dx == A\n" * 29
        + "layout denominator\n"
        + "d(A@x)/dx == A'\n" * 29
    )
    (folder / "more" / "two.jsonl").write_text(
        '{"problem": "d(x\'@x)/dx", "claim": "x", "id": "a"}\n'
        '{"problem": "d(x\'@x)/dx", "claim": "2*x", "id": "b"}\n'
        '{"problem": "d(x"}\n', "utf-8",
    )  # fmt: skip
    return folder


def wanted(folder: Path, output: Path, lines: int = 10) -> list[ours.Result]:
    return list(ours.results(ours.inputs([str(folder)]), str(output), SETTINGS, lines))


def test_blocks_stand_on_their_own(claims: Path) -> None:
    (file,) = ours.inputs([str(claims / "one.txt")])
    whole = answer_block(next(ours.blocks_of(file)), SETTINGS)
    parts = [
        record for block in ours.blocks_of(file, 7) for record in answer_block(block, SETTINGS)
    ]
    assert parts == whole
    assert [record["status"] for record in whole] == ["ok"] * 58


def test_what_is_read(claims: Path) -> None:
    names = [file.name for file in ours.inputs([str(claims), __file__])]
    assert names == ["one.txt", os.path.join("more", "two.jsonl"), "test_distributed.py"]
    (file,) = ours.inputs([str(claims / "more" / "two.jsonl")], "text")
    assert next(ours.blocks_of(file)).items[0].text.startswith("{")
    with pytest.raises(FileNotFoundError):
        ours.inputs([str(claims / "none.txt")])
    with pytest.raises(ValueError, match=r"two inputs are named one\.txt"):
        ours.inputs([str(claims), str(claims / "one.txt")])


def test_a_name_for_all_that_counts() -> None:
    block = Block(0, "", (), [Item(1, "d(x)/dx == 1")])
    names = {
        ours.digest(block, SETTINGS),
        ours.digest(block, Settings("check", "vec")),
        ours.digest(Block(0, "", (), [Item(1, "d(x)/dx == 2")]), SETTINGS),
        ours.digest(Block(0, "", ((0, "layout vec"),), block.items), SETTINGS),
    }
    assert len(names) == 4
    assert ours.digest(Block(0, "", (), [Item(1, "d(x)/dx == 1")]), SETTINGS) in names


def test_a_worker_killed_in_the_middle(cluster: Any, claims: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    results = wanted(claims, output, 10)
    told: list[str] = []

    def tell(result: ours.Result, fresh: bool) -> None:
        assert fresh
        told.append(result.path)
        if len(told) == 2:
            os.kill(cluster.workers[0].pid, signal.SIGKILL)

    ours.run(cluster.scheduler_address, results, SETTINGS, tell)
    assert sorted(told) == sorted(result.path for result in results)
    expected = [r for result in results for r in answer_block(result.block, SETTINGS)]
    assert list(ours.records(result.path for result in results)) == expected
    assert len(expected) == 61
    # nothing but whole results
    assert sorted(str(path) for path in output.rglob("*") if path.is_file()) == sorted(told)


def test_what_is_done_is_not_done_again(cluster: Any, claims: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    results = wanted(claims, output, 20)
    ours.run(cluster.scheduler_address, results, SETTINGS)
    text = Path(results[1].path).read_text("utf-8")
    os.unlink(results[1].path)
    fresh: list[str] = []
    ours.run(
        cluster.scheduler_address, results, SETTINGS,
        lambda result, new: fresh.append(result.path) if new else None,
    )  # fmt: skip
    assert fresh == [results[1].path]
    assert Path(fresh[0]).read_text("utf-8") == text


def test_a_line_that_kills_its_process(cluster: Any, tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_text("d(x'@x)/dx == 2*x\n" * 2, "utf-8")
    settings = Settings("check", memory=2**20)
    results = list(ours.results(ours.inputs([str(file)]), str(tmp_path / "out"), settings))
    ours.run(cluster.scheduler_address, results, settings)
    found = list(ours.records(result.path for result in results))
    assert [record["line"] for record in found] == [1, 2]
    for record in found:
        assert record["status"] == "error"
        assert isinstance(record["error"], dict)
        assert record["error"]["kind"] == "limit"


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matcalc", "check", *arguments], capture_output=True, cwd=ROOT,
        check=False, timeout=60, encoding="utf-8", stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_the_command(cluster: Any, claims: Path, tmp_path: Path) -> None:
    output, page = tmp_path / "out", tmp_path / "report.html"
    stale = output / "one.txt" / "000009-0123abcd.jsonl"
    stale.parent.mkdir(parents=True)
    stale.write_text("", "utf-8")
    done = check(
        "--dask", cluster.scheduler_address, "--output", str(output), "--block", "50",
        "--report", str(page), "--format", "tap", str(claims),
    )  # fmt: skip
    assert done.stderr == "61 claims: 59 ok, 1 wrong, 1 error\n"
    assert done.returncode == 1
    assert done.stdout.endswith("1..61\n")
    assert not stale.exists()
    names = sorted(str(path.relative_to(output).parent) for path in output.rglob("0*.jsonl"))
    assert names == [os.path.join("more", "two.jsonl"), "one.txt", "one.txt"]
    (third,) = output.glob("more/*/*.jsonl")
    assert [json.loads(line).get("id") for line in third.read_text("utf-8").splitlines()] == ["a", "b", None]  # fmt: skip
    assert page.read_text("utf-8").count("<article") == 61


def test_wrong_calls(claims: Path) -> None:
    for arguments in (
        ("--dask", "tcp://127.0.0.1:9", "-e", "d(x)/dx == 1"),
        ("--dask", "tcp://127.0.0.1:9", str(claims / "none.txt")),
        ("--dask", "tcp://127.0.0.1:9"),
        ("--dask", "nonsense://", str(claims)),
    ):
        done = check(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert done.stderr
        assert "Traceback" not in done.stderr
