"""`./run` and the locks: what a fresh machine starts from."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-uv.lock"]
SHELLS = [shell for shell in map(shutil.which, ("dash", "bash", "busybox")) if shell]


def run(*words: str, shell: str = "sh") -> subprocess.CompletedProcess[str]:
    applet = ["sh"] if shell.endswith("busybox") else []
    return subprocess.run([shell, *applet, ROOT / "run", *words], capture_output=True, text=True, check=False)


def pinned(lock: str) -> dict[str, str]:
    """Name → version of every package in a lock file."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)==(\S+)", text, flags=re.MULTILINE))


def asked(names: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~; ]", name, maxsplit=1)[0].lower() for name in names}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_posix_shell_understands_the_script(shell: str) -> None:
    assert run("help", shell=shell).stdout.startswith("./run demo")


def test_help_names_every_command() -> None:
    words = re.findall(r"^    ([a-z |-]+)\)", (ROOT / "run").read_text(encoding="utf-8"), flags=re.MULTILINE)
    commands = {word.strip() for line in words for word in line.split("|")} - {"-h", "--help"}
    assert len(commands) > 6
    assert [command for command in sorted(commands) if command not in run("help").stdout] == []


def test_an_unknown_command_is_told_and_fails() -> None:
    answer = run("dmeo")
    assert answer.returncode == 1
    assert 'no command "dmeo"' in answer.stderr


def test_the_readme_begins_with_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"^\./run demo", readme, flags=re.MULTILINE)
    assert re.search(r"^\./run test", readme, flags=re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pinned_package_has_the_hashes_of_its_files(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    packages = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert packages
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_a_server(lock: str) -> None:
    assert not re.search(r"https?:|--index|--find-links", (ROOT / lock).read_text(encoding="utf-8"))


def test_the_locks_hold_everything_that_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    simulator = tomllib.loads((ROOT / "firmware-sim/pyproject.toml").read_text(encoding="utf-8"))
    running = asked(project["project"]["dependencies"] + simulator["project"]["dependencies"])
    testing = running | asked(project["dependency-groups"]["dev"])
    assert running - set(pinned("requirements.lock")) == set()
    assert testing - set(pinned("requirements-dev.lock")) == set()


def test_what_is_tested_is_what_runs() -> None:
    running, testing = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert {name: version for name, version in running.items() if testing.get(name) != version} == {}
