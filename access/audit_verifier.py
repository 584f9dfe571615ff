"""Verifies an export of the audit log of Vuoro. One file, Python 3.10 or newer, nothing else needed.

    python3 verify.py EXPORT.zip [--key HEX] [--checkpoint FILE]

Prints one line for each check and ends with 0 when all hold, 1 when one does not. The form of the export is described
in docs/audit-format.md of Vuoro. This file shares no code with the program that made the export, on purpose.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

FORMAT = "vuoro-audit-v1"
FILES = ("README.txt", "events.jsonl", "keys.json", "manifest.txt", "proof.json", "verify.py")


class Wrong(Exception):
    """A check does not hold; the text names where."""


class Report:
    """One line for each check."""

    def __init__(self) -> None:
        self.failures = 0

    def ok(self, text: str) -> None:
        print(f"ok    {text}")

    def note(self, text: str) -> None:
        print(f"note  {text}")

    def fail(self, text: str) -> None:
        self.failures += 1
        print(f"FAIL  {text}")


# --- Ed25519 verification: RFC 8032 5.1 ---

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z


def _x_of(y: int, sign: int) -> int:
    """The x of a point of the curve. Raises Wrong when there is none."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        raise Wrong("not a point of the curve")
    return P - x if x & 1 != sign else x


def _point(encoded: bytes) -> Point:
    number = int.from_bytes(encoded, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    if len(encoded) != 32 or y >= P:
        raise Wrong("not a point of the curve")
    x = _x_of(y, sign)
    return x, y, 1, x * y % P


def _sum(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(factor: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = _sum(result, point)
        point = _sum(point, point)
        factor >>= 1
    return result


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE: Point = (_x_of(BASE_Y, 0), BASE_Y, 1, _x_of(BASE_Y, 0) * BASE_Y % P)


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature over the message was made with the private key of `public`."""
    if len(public) != 32 or len(signature) != 64:
        return False
    try:
        key, nonce = _point(public), _point(signature[:32])
    except Wrong:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = _times(scalar, BASE), _sum(nonce, _times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- Signed notes: c2sp.org/signed-note, tlog-checkpoint ---


def note_text(note: str, keys: dict[str, bytes]) -> str:
    """The text of a note signed with one of the keys (hex: bytes). Raises Wrong."""
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise Wrong("not a signed note")
    text += "\n"
    name = text.split("\n", 1)[0]
    for line in signatures[:-1].split("\n"):
        blob = _signature(line, name)
        for public in keys.values():
            if blob[:4] == hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]:
                if ed25519_holds(public, text.encode(), blob[4:]):
                    return text
                raise Wrong("the signature does not fit the text")
    raise Wrong("not signed with the key")


def _signature(line: str, name: str) -> bytes:
    start = f"\N{EM DASH} {name} "
    encoded = line[len(start) :]
    try:
        blob = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise Wrong("a signature line is not base64") from error
    if not line.startswith(start) or base64.b64encode(blob).decode() != encoded:
        raise Wrong("a signature line has another form")
    return blob


class Checkpoint:
    """The first `size` entries of the log `origin` have this Merkle root."""

    def __init__(self, note: str, keys: dict[str, bytes]) -> None:
        lines = note_text(note, keys).split("\n")
        try:
            self.origin, self.size = lines[0], int(lines[1])
            self.root = base64.b64decode(lines[2], validate=True)
        except (ValueError, IndexError) as error:
            raise Wrong("not a checkpoint") from error


# --- Hashes, trees and proofs: RFC 6962 2.1, RFC 9162 2.1.3 and 2.1.4 ---


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text}: only integers are permitted")


def parse(text: str) -> Any:
    return json.loads(text, parse_float=_refuse, parse_constant=_refuse)


def canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def commitment(salt: str, body: Any) -> str:
    return hashlib.sha256(FORMAT.encode() + b"\x00" + bytes.fromhex(salt) + canonical(body).encode()).hexdigest()


def leaf(entry: dict[str, Any]) -> str:
    fields = [FORMAT, entry["seq"], entry["at"], entry["kind"], entry["commitment"]]
    return hashlib.sha256(b"\x00" + canonical(fields).encode()).hexdigest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_by_inclusion(leaf_hash: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a path of RFC 6962 leads to from the leaf at `index` (from 0). Raises Wrong for a bad length."""
    left, last, root = index, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            raise Wrong("the path is too long")
        if left & 1 or left == last:
            root = node(sibling, root)
            while left and not left & 1:
                left, last = left >> 1, last >> 1
        else:
            root = node(root, sibling)
        left, last = left >> 1, last >> 1
    if last:
        raise Wrong("the path is too short")
    return root


def roots_by_consistency(old_root: bytes, old: int, new: int, path: list[bytes]) -> tuple[bytes, bytes]:
    """The roots of the old and the new tree that a consistency proof leads to. Raises Wrong for a bad length."""
    path = [old_root, *path] if old & (old - 1) == 0 else list(path)
    left, last = old - 1, new - 1
    while left & 1:
        left, last = left >> 1, last >> 1
    if not path:
        raise Wrong("the path is too short")
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise Wrong("the path is too long")
        if left & 1 or left == last:
            first, second = node(sibling, first), node(sibling, second)
            while left and not left & 1:
                left, last = left >> 1, last >> 1
        else:
            second = node(second, sibling)
        left, last = left >> 1, last >> 1
    if last:
        raise Wrong("the path is too short")
    return first, second


def root_by_range(leaves: list[bytes], first: int, size: int, around: list[bytes]) -> bytes:
    """The root of a tree whose leaves from `first` (from 0) are given, with the subtrees around them, left to right."""
    outside = iter(around)

    def subtree(low: int, high: int) -> bytes:
        if high <= first or first + len(leaves) <= low:
            return _next(outside)
        if high - low == 1:
            return leaves[low - first]
        middle = low + (1 << ((high - low - 1).bit_length() - 1))
        left = subtree(low, middle)
        return node(left, subtree(middle, high))

    root = subtree(0, size)
    if next(outside, None) is not None:
        raise Wrong("hashes are left over")
    return root


def _next(outside: Iterator[bytes]) -> bytes:
    found = next(outside, None)
    if found is None:
        raise Wrong("a hash is missing")
    return found


def unhex(hashes: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in hashes]


# --- The checks, one line each ---


def unpack(path: Path, report: Report) -> dict[str, str]:
    """The files of the export as text; what cannot be read is named and left out."""
    files: dict[str, str] = {}
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        report.fail(f"{path.name}: cannot be read: {error}")
        return files
    with archive:
        names = sorted(archive.namelist())
        if names != sorted(FILES):
            report.fail(f"{path.name}: holds {', '.join(names)} instead of {', '.join(FILES)}")
        for name in sorted(set(names) & set(FILES)):
            try:
                files[name] = archive.read(name).decode()
            except Exception as error:  # noqa: BLE001 - zipfile raises many kinds for a broken member; each means the same
                report.fail(f"{name}: cannot be read: {error}")
    return files


def keys_of(files: dict[str, str], key: str | None, report: Report) -> dict[str, bytes]:
    """The keys to trust: the one the auditor holds, else those that came with the export."""
    if key is not None:
        report.ok(f"key: {key}, held by you")
        return {key: bytes.fromhex(key)}
    found = {str(entry["ed25519"]): bytes.fromhex(entry["ed25519"]) for entry in parse(files["keys.json"])["keys"]}
    report.note(f"key: {', '.join(found)} came with the export; compare it with the one you hold, or give --key")
    return found


def check_manifest(files: dict[str, str], keys: dict[str, bytes], report: Report) -> None:
    """Every file is the one that was signed."""
    lines = note_text(files["manifest.txt"], keys).split("\n")[2:-1]
    if [line.split("  ", 1)[1] for line in lines] != sorted(set(FILES) - {"manifest.txt"}):
        raise Wrong("names other files")
    changed = []
    for line in lines:
        digest, name = line.split("  ", 1)
        if name in files and hashlib.sha256(files[name].encode()).hexdigest() != digest:
            changed.append(name)
    for name in changed:
        report.fail(f"{name}: is not the file that was signed in manifest.txt")
    if not changed:
        report.ok(f"manifest.txt: signed, and {len(lines)} files are as signed")


def read_events(text: str, report: Report) -> list[dict[str, Any]]:
    """The entries, each checked by itself; wrong lines are named."""
    entries, wrong = [], 0
    for number, line in enumerate(text.split("\n")[:-1], 1):
        try:
            entries.append(read_event(line))
        except (Wrong, ValueError, KeyError, TypeError, RecursionError) as error:
            wrong += 1
            report.fail(f"events.jsonl line {number}{_entry_of(line)}: {error}")
    erased = sum("erased" in entry for entry in entries)
    withheld = sum("withheld" in entry for entry in entries)
    if not wrong:
        report.ok(f"events.jsonl: {len(entries)} entries fit their hashes ({erased} erased, {withheld} withheld)")
    return entries


def _entry_of(line: str) -> str:
    found = line.partition('"seq":')[2]
    digits = found[: len(found) - len(found.lstrip("0123456789"))]
    return f" (entry {digits})" if digits else ""


def read_event(line: str) -> dict[str, Any]:
    entry = parse(line)
    if not isinstance(entry, dict) or canonical(entry) != line:
        raise Wrong("not as it was written")
    if "withheld" in entry:
        return entry
    if leaf(entry) != entry["leaf"]:
        raise Wrong("number, time, kind or commitment do not fit the leaf hash")
    if "erased" not in entry and commitment(entry["salt"], entry["body"]) != entry["commitment"]:
        raise Wrong("the body does not fit its commitment")
    return entry


def check_scope(entries: list[dict[str, Any]], proof: dict[str, Any], report: Report) -> None:
    """The export holds what it says: its days, its premises, no gap."""
    scope = proof["scope"]
    for entry in entries:
        if "withheld" not in entry and not scope["from"] <= entry["at"] < scope["to"]:
            raise Wrong(f"entry {entry['seq']} is outside the days of the export")
        if scope["premises"] and "body" in entry and entry["body"]["premises"] != scope["premises"]:
            raise Wrong(f"entry {entry['seq']} is of other premises")
    numbers = [entry["seq"] for entry in entries]
    expected = range(proof["first"], proof["last"] + 1) if proof["complete"] else sorted(set(numbers))
    missing = sorted(set(expected) - set(numbers))
    if missing:
        raise Wrong(f"entry {missing[0]} is missing")
    if numbers != list(expected) or len(numbers) != proof["entries"]:
        raise Wrong("entries are repeated, swapped or lost")
    report.ok(f"scope: {scope['from']} to {scope['to']}, {'no gap' if proof['complete'] else 'chosen entries'}")


def check_tree(entries: list[dict[str, Any]], proof: dict[str, Any], end: Checkpoint, report: Report) -> None:
    """Every entry stands at its number in the tree whose root was signed."""
    leaves = unhex([entry["leaf"] for entry in entries])
    if proof["complete"] and leaves:
        root = root_by_range(leaves, proof["first"] - 1, end.size, unhex(proof["around"]))
        if root != end.root:
            raise Wrong("the entries do not lead to the signed root")
    elif not proof["complete"]:
        for entry, leaf_hash in zip(entries, leaves, strict=True):
            path = unhex(proof["inclusion"][str(entry["seq"])])
            if root_by_inclusion(leaf_hash, entry["seq"] - 1, end.size, path) != end.root:
                raise Wrong(f"entry {entry['seq']} does not lead to the signed root")
    report.ok(f"tree: {len(leaves)} entries are in the signed tree of {end.size}")


def check_growth(name: str, old: Checkpoint, end: Checkpoint, proof: dict[str, Any], report: Report) -> None:
    """The older checkpoint is the beginning of the log as exported."""
    if old.origin != end.origin:
        raise Wrong(f"is of another log, {old.origin}")
    if old.size > end.size:
        raise Wrong(f"has {old.size} entries, the export only {end.size}: the export is older, or the tail was cut off")
    path = proof["consistency"].get(str(old.size))
    if old.size == end.size:
        roots = (end.root, end.root)
    elif path is None:
        raise Wrong(f"of {old.size} entries is not known to this log; ask for an export made with --held FILE")
    else:
        roots = roots_by_consistency(old.root, old.size, end.size, unhex(path))
    if roots != (old.root, end.root):
        raise Wrong(f"of {old.size} entries is not the beginning of this log: older entries were changed")
    report.ok(f"{name}: its {old.size} entries are the beginning of the {end.size} of the export")


def attempt(report: Report, name: str, check: Callable[..., Any], *arguments: Any) -> Any:
    """What the check answers; when it does not hold, or what it reads is malformed, a line that says so, and None."""
    try:
        return check(*arguments)
    except Wrong as error:
        report.fail(f"{name}: {error}")
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError) as error:
        report.fail(f"{name}: not in the form of docs/audit-format.md: {error!r}")
    return None


def check_all(files: dict[str, str], key: str | None, held: str | None, report: Report) -> None:
    keys = attempt(report, "keys.json", keys_of, files, key, report) or {}
    attempt(report, "manifest.txt", check_manifest, files, keys, report)
    entries = read_events(files["events.jsonl"], report)
    proof = attempt(report, "proof.json", parse, files["proof.json"])
    if not isinstance(proof, dict):
        return
    attempt(report, "events.jsonl", check_scope, entries, proof, report)
    end = attempt(report, "proof.json: end", Checkpoint, proof.get("end", ""), keys)
    if end is None:
        return
    report.ok(f"checkpoint: {end.size} entries of {end.origin}, signed")
    attempt(report, "events.jsonl", check_tree, entries, proof, end, report)
    if proof.get("start"):
        check_older("start checkpoint", proof["start"], end, proof, keys, report)
    if held is None:
        report.note("no checkpoint of your own: what was cut off and signed anew stays unseen; give --checkpoint")
    else:
        check_older("your checkpoint", held, end, proof, keys, report)


def check_older(
    name: str, note: str, end: Checkpoint, proof: dict[str, Any], keys: dict[str, bytes], report: Report
) -> None:
    old = attempt(report, name, Checkpoint, note, keys)
    if old is not None:
        attempt(report, name, check_growth, name, old, end, proof, report)


def hex_key(text: str) -> str:
    if len(text) != 64 or len(bytes.fromhex(text)) != 32:
        raise ValueError(text)
    return text.lower()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verifies an export of the audit log of Vuoro.")
    parser.add_argument("export", type=Path, metavar="EXPORT.zip")
    parser.add_argument("--key", type=hex_key, help="the public key of the log that you hold, 64 hex digits")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="an earlier checkpoint that you hold")
    chosen = parser.parse_args(arguments)
    report = Report()
    files = unpack(chosen.export, report)
    if set(files) == set(FILES):
        held = chosen.checkpoint.read_bytes().decode(errors="replace") if chosen.checkpoint else None
        check_all(files, chosen.key, held, report)
    if report.failures:
        print(f"FAIL  {report.failures} checks do not hold: this is not what was signed")
        return 1
    print("ok    all checks hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
