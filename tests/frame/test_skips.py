"""Where everything must run, a test that was skipped counts as failed."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SKIPS = {
    "test_by_its_mark.py": "import pytest\n@pytest.mark.skip\ndef test_it(): pass\n",
    "test_while_running.py": "import pytest\ndef test_it(): pytest.skip('no broker here')\n",
    "test_whole_file.py": "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass\n",
    "test_nothing_skipped.py": "def test_it(): pass\n",
}


def test_a_skip_fails_where_nothing_may_be_skipped(tmp_path: Path) -> None:
    for name, text in SKIPS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        os.devnull,
        "--rootdir",
        str(tmp_path),
        "-p",
        "tests.conftest",
    ]
    command += ["-p", "no:schemathesis", "-p", "no:xdist", "--continue-on-collection-errors", str(tmp_path)]
    environment = os.environ | {"VUORO_NO_SKIPS": "1", "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "1 failed, 1 passed, 2 errors" in answer.stdout
    assert answer.returncode != 0
