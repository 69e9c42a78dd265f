"""The scripts: they prepare .venv once, quietly, and then only run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# a python3 that makes environments and installs into them without a network, and says so in a log
PYTHON = """\
#!/usr/bin/env bash
case "$*" in
    "-c import sys"*) exit 0 ;;
    "-m venv "*)
        folder="${@: -1}"
        mkdir -p "$folder/bin"
        cp "$0" "$folder/bin/python"
        ;;
    "-m pip --version") exit 0 ;;
    "-m pip install"*)
        echo noise
        sleep 0.3
        echo "${@: -1}" >>"$LOG"
        [ -z "${BROKEN:-}" ] || exit 1
        ;;
    "-c "*) [ -z "${BROKEN_IMPORT:-}" ] || exit 1 ;;
    *) echo "ran $*" ;;
esac
"""


class Checkout:
    """A copy of the scripts with that python3, and a folder to call from."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a checkout"
        self.elsewhere = folder / "elsewhere"
        self.log = folder / "log"
        commands = folder / "bin"
        for path in (self.root, self.elsewhere, commands):
            path.mkdir()
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        shutil.copy(ROOT / "pyproject.toml", self.root)
        (commands / "python3").write_text(PYTHON, encoding="utf-8")
        (commands / "python3").chmod(0o755)
        self.link = self.elsewhere / "mc"
        self.link.symlink_to(self.root / "scripts" / "matcalc")
        self.environment = {
            **os.environ,
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "LOG": str(self.log),
        }

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.link), *arguments], cwd=self.elsewhere, env={**self.environment, **more},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def call(self, *arguments: str, **more: str) -> tuple[int, str, str]:
        with self.start(*arguments, **more) as process:
            out, errors = process.communicate(timeout=60)
        return process.returncode, out, errors

    @property
    def installs(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_first_call_prepares_and_the_next_only_runs(checkout: Checkout) -> None:
    status, out, errors = checkout.call("derive", "d(x'@x)/dx *")
    assert (status, out) == (0, "ran -P -m matcalc derive d(x'@x)/dx *\n")
    assert "preparing" in errors
    assert checkout.call("derive", "y") == (0, "ran -P -m matcalc derive y\n", "")
    assert checkout.installs == [str(checkout.root)]


def test_a_changed_pyproject_prepares_again(checkout: Checkout) -> None:
    checkout.call("x")
    with (checkout.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert checkout.call("x")[0] == 0
    assert len(checkout.installs) == 2


def test_calls_at_once_prepare_once(checkout: Checkout) -> None:
    processes = [checkout.start(str(number)) for number in range(4)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert outputs == [f"ran -P -m matcalc {number}\n" for number in range(4)]
    assert len(checkout.installs) == 1


def test_calls_at_once_prepare_once_without_flock(checkout: Checkout, tmp_path: Path) -> None:
    commands = tmp_path / "few"
    commands.mkdir()
    for name in ("bash", "env", "cat", "cksum", "cp", "dirname", "mkdir", "mv", "readlink", "rm", "sleep"):  # fmt: skip
        found = shutil.which(name)
        assert found is not None
        (commands / name).symlink_to(found)
    path = f"{tmp_path / 'bin'}{os.pathsep}{commands}"
    processes = [checkout.start(str(number), PATH=path) for number in range(3)]
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [out for out, _ in outputs] == [f"ran -P -m matcalc {n}\n" for n in range(3)], outputs
    assert len(checkout.installs) == 1


def test_without_a_network_what_is_there_serves(checkout: Checkout) -> None:
    checkout.call("x")
    with (checkout.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n")
    status, out, errors = checkout.call("x", BROKEN="1")
    assert (status, out) == (0, "ran -P -m matcalc x\n")
    assert "going on with what is there" in errors


def test_what_cannot_be_installed_is_said(checkout: Checkout) -> None:
    status, out, errors = checkout.call("x", BROKEN="1", BROKEN_IMPORT="1")
    assert (status, out) == (2, "")
    assert "is there a network?" in errors


@pytest.mark.parametrize("script", ["scripts/matcalc", "scripts/test", ".ci/run"])
def test_scripts_can_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", ROOT / script], check=True)


def test_continuous_integration_runs_every_check() -> None:
    commands = [
        line
        for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert commands[-1] == "exec ./scripts/test"
