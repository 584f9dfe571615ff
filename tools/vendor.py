"""Fetch the front-end files named in vendor.json: exact versions, hashes compared, licences beside them.

`./run vendor` downloads each package with `npm pack`, compares the archive with its recorded sha512 and every chosen
file with its own, and writes them to INTO/NAME-VERSION/. `--record` accepts what came and writes the hashes down: for
after a changed version, and then read the diff. Nothing of this, nor Node, is needed to run Vuoro.
"""

import argparse
import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "vendor.json"


class Package(TypedDict):
    """One package of vendor.json. `files` maps a path in the archive to that file's sha512, written as in SRI."""

    name: str
    version: str
    into: str
    integrity: str
    files: dict[str, str]


class HashDiffers(Exception):
    """What was downloaded is not what vendor.json recorded."""


def packages() -> list[Package]:
    found: list[Package] = json.loads(LIST.read_text(encoding="utf-8"))["packages"]
    return found


def sha512(content: bytes) -> str:
    """The hash as npm and the browsers write it: "sha512-" and base64."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode("ascii")


def folder(package: Package) -> Path:
    """Where the files lie: the name without its scope, and the version, so a new version is a new address."""
    return ROOT / package["into"] / f"{package['name'].rsplit('/', 1)[-1]}-{package['version']}"


def placed(package: Package, inside: str) -> Path:
    return folder(package) / Path(inside).name


def fetch(package: Package, into: Path) -> Path:
    """The archive as the registry configured for npm serves it."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("vendor: npm is not installed. It is needed only to change the vendored files, never to run Vuoro.")
    wanted = f"{package['name']}@{package['version']}"
    answer = subprocess.run(  # noqa: S603 - names and versions from our own vendor.json
        [npm, "pack", "--json", "--ignore-scripts", wanted], cwd=into, check=True, capture_output=True, text=True
    )
    filename: str = json.loads(answer.stdout)[0]["filename"]
    return into / filename


def same(what: str, *, recorded: str, came: str) -> None:
    if recorded != came:
        raise HashDiffers(f"{what}: vendor.json says {recorded}, what came is {came}")


def unpack(package: Package, archive: Path, *, record: bool) -> None:
    came = sha512(archive.read_bytes())
    if record:
        package["integrity"] = came
    same(package["name"], recorded=package["integrity"], came=came)
    target = folder(package)
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        for inside in package["files"]:
            member = tar.extractfile(f"package/{inside}")
            if member is None:
                raise HashDiffers(f"{package['name']}: no file {inside}")
            keep(package, inside, member.read(), record=record)


def keep(package: Package, inside: str, content: bytes, *, record: bool) -> None:
    came = sha512(content)
    if record:
        package["files"][inside] = came
    same(f"{package['name']}: {inside}", recorded=package["files"][inside], came=came)
    placed(package, inside).write_bytes(content)
    print(f"  {placed(package, inside).relative_to(ROOT)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--record", action="store_true", help="write down the hashes of what came")
    record = parser.parse_args().record
    listed = packages()
    with tempfile.TemporaryDirectory() as scratch:
        for package in listed:
            print(f"{package['name']} {package['version']}")
            unpack(package, fetch(package, Path(scratch)), record=record)
    if record:
        LIST.write_text(json.dumps({"packages": listed}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except HashDiffers as difference:
        sys.exit(f"vendor: {difference}")
