"""Verifies an export of the audit log of Vuoro. One file, Python 3.10 or newer, nothing else needed.

    python3 verify.py EXPORT.zip [--key HEX] [--checkpoint FILE]

One line for each check; ends with 0 when all hold, 1 when one does not. The form of the export: docs/audit-format.md of
Vuoro. This file shares no code with the program that made the export, on purpose.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
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
    """One line for each check: ok, note or FAIL."""

    failures = 0

    def say(self, mark: str, text: str) -> None:
        self.failures += mark == "FAIL"
        print(f"{mark:5} {text}")


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


def check_signature(public: bytes, message: bytes, signature: bytes) -> None:
    """Raises Wrong unless the signature over the message was made with the private key of `public`."""
    key, nonce, scalar = _point(public), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = _times(scalar, BASE), _sum(nonce, _times(challenge, key))
    equal = [(left[axis] * right[2] - right[axis] * left[2]) % P == 0 for axis in (0, 1)]
    if not all(equal) or scalar >= ORDER or len(signature) != 64:
        raise Wrong("the signature does not fit the text")


# --- Signed notes: c2sp.org/signed-note, tlog-checkpoint ---


def note_text(note: str, keys: list[bytes]) -> str:
    """The text of a note signed with one of the keys. Raises Wrong."""
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    name = text.split("\n", 1)[0]
    signers = {hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]: key for key in keys}
    for line in signatures.removesuffix("\n").split("\n"):
        blob = _signature(line, f"\N{EM DASH} {name} ")
        if blob[:4] in signers and note.endswith("\n"):
            check_signature(signers[blob[:4]], text.encode(), blob[4:])
            return text
    raise Wrong("not signed with the key")


def _signature(line: str, start: str) -> bytes:
    blob = base64.b64decode(line.removeprefix(start), validate=True)
    if line != start + base64.b64encode(blob).decode():
        raise Wrong("a signature line has another form")
    return blob


class Checkpoint:
    """The first `size` entries of the log `origin` have this Merkle root."""

    def __init__(self, note: str, keys: list[bytes]) -> None:
        self.origin, size, root, *_ = note_text(note, keys).split("\n")
        self.size, self.root = int(size), base64.b64decode(root, validate=True)


# --- Hashes, trees and proofs: RFC 6962 2.1, RFC 9162 2.1.3 and 2.1.4 ---


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text}: only integers are permitted")


def unhex(hashes: list[str]) -> list[bytes]:
    return list(map(bytes.fromhex, hashes))


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


def climb(left: int, last: int, path: list[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each sibling of a path and whether it stands to the left (RFC 9162 2.1.3.2). Raises Wrong for a bad length."""
    for sibling in path:
        if last == 0:
            raise Wrong("the path is too long")
        to_the_left = bool(left & 1) or left == last
        yield sibling, to_the_left
        while to_the_left and left and not left & 1:
            left, last = left >> 1, last >> 1
        left, last = left >> 1, last >> 1
    if last:
        raise Wrong("the path is too short")


def root_by_inclusion(root: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a path of RFC 6962 leads to from a leaf hash, `root`, at `index` (from 0)."""
    for sibling, to_the_left in climb(index, size - 1, path):
        root = node(sibling, root) if to_the_left else node(root, sibling)
    return root


def roots_by_consistency(old_root: bytes, old: int, new: int, path: list[bytes]) -> tuple[bytes, bytes]:
    """The roots of the old and the new tree that a consistency proof leads to (RFC 9162 2.1.4.2)."""
    whole = old & -old  # the last full subtree of the old tree, where the proof begins
    first, *rest = [old_root, *path] if whole == old else path
    second = first
    for sibling, to_the_left in climb((old - 1) // whole, (new - 1) // whole, rest):
        first = node(sibling, first) if to_the_left else first
        second = node(sibling, second) if to_the_left else node(second, sibling)
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
    for found in outside:
        return found
    raise Wrong("a hash is missing")


# --- The checks, one line each ---


def unpack(path: Path, report: Report) -> dict[str, str]:
    """The files of the export as text; what cannot be read is named and left out."""
    files: dict[str, str] = {}
    name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            if (names := sorted(archive.namelist())) != sorted(FILES):
                report.say("FAIL", f"{name}: holds {', '.join(names)} instead of {', '.join(FILES)}")
            for name in sorted(set(names) & set(FILES)):
                files[name] = archive.read(name).decode()
    except Exception as error:  # noqa: BLE001 - zipfile raises many kinds for broken files; each means the same
        report.say("FAIL", f"{name}: cannot be read: {error}")
    return files


def keys_of(files: dict[str, str], key: bytes | None, report: Report) -> list[bytes]:
    """The keys to trust: the one the auditor holds, else those that came with the export."""
    if key is not None:
        report.say("ok", f"key: {key.hex()}, held by you")
        return [key]
    found = [bytes.fromhex(entry["ed25519"]) for entry in parse(files["keys.json"])["keys"]]
    report.say("note", f"key: {', '.join(map(bytes.hex, found))} from the export; compare it, or give --key")
    return found


def check_manifest(files: dict[str, str], keys: list[bytes], report: Report) -> None:
    """Every file is the one that was signed."""
    lines = files["manifest.txt"].partition("\n\n")[0].split("\n")[2:]
    named = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    changed = [name for name in named if hashlib.sha256(files.get(name, "").encode()).hexdigest() != named[name]]
    for name in changed:
        report.say("FAIL", f"{name}: is not the file that is named in manifest.txt")
    note_text(files["manifest.txt"], keys)
    if {*named, "manifest.txt"} != set(FILES):
        raise Wrong("names other files")
    if not changed:
        report.say("ok", f"manifest.txt: signed, and {len(named)} files are as signed")


def read_events(text: str, report: Report) -> list[dict[str, Any]]:
    """The entries, each checked by itself; wrong lines are named."""
    entries, wrong = [], 0
    for number, line in enumerate(text.split("\n")[:-1], 1):
        try:
            entries.append(read_event(line))
        except (Wrong, ValueError, KeyError, TypeError, RecursionError) as error:
            wrong += 1
            seq = re.search(r'"seq":(\d+)', line)
            report.say("FAIL", f"events.jsonl line {number}{f' (entry {seq[1]})' if seq else ''}: {error}")
    if not wrong:
        kinds = [kind for entry in entries for kind in ("erased", "withheld") if kind in entry]
        counts = f"{kinds.count('erased')} erased, {kinds.count('withheld')} withheld"
        report.say("ok", f"events.jsonl: {len(entries)} entries fit their hashes ({counts})")
    return entries


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
        body = entry.get("body")
        if body and scope["premises"] not in (None, body["premises"]):
            raise Wrong(f"entry {entry['seq']} is of other premises")
        if body and scope.get("person") not in (None, body["actor"], *body["persons"]):
            raise Wrong(f"entry {entry['seq']} does not concern the person")
    numbers = [entry["seq"] for entry in entries]
    expected = range(proof["first"], proof["last"] + 1) if proof["complete"] else sorted(set(numbers))
    missing = sorted(set(expected) - set(numbers))
    if missing:
        raise Wrong(f"entry {missing[0]} is missing")
    if numbers != list(expected) or len(numbers) != proof["entries"]:
        raise Wrong("entries are repeated, swapped or lost")
    report.say("ok", f"scope: {scope['from']} to {scope['to']}, {'no gap' if proof['complete'] else 'chosen entries'}")


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
    report.say("ok", f"tree: {len(leaves)} entries are in the signed tree of {end.size}")


def check_older(
    name: str, note: str, end: Checkpoint, proof: dict[str, Any], keys: list[bytes], report: Report
) -> None:
    """The older checkpoint is the beginning of the log as exported."""
    old = Checkpoint(note, keys)
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
    report.say("ok", f"{name}: its {old.size} entries are the beginning of the {end.size} of the export")


def attempt(report: Report, name: str, check: Callable[..., Any], *arguments: Any) -> Any:
    """What the check answers; when it does not hold, or what it reads is malformed, a line that says so, and None."""
    try:
        return check(*arguments)
    except Wrong as error:
        report.say("FAIL", f"{name}: {error}")
    except (KeyError, ValueError, TypeError, AttributeError, OSError, RecursionError) as error:
        report.say("FAIL", f"{name}: not in the form of docs/audit-format.md: {error!r}")
    return None


def check_all(files: dict[str, str], key: bytes | None, held: str | None, report: Report) -> None:
    keys = attempt(report, "keys.json", keys_of, files, key, report) or []
    attempt(report, "manifest.txt", check_manifest, files, keys, report)
    entries = read_events(files["events.jsonl"], report)
    proof = attempt(report, "proof.json", parse, files["proof.json"])
    attempt(report, "events.jsonl", check_scope, entries, proof, report)
    attempt(report, "proof.json", check_proof, entries, proof, keys, held, report)


def check_proof(
    entries: list[dict[str, Any]], proof: dict[str, Any], keys: list[bytes], held: str | None, report: Report
) -> None:
    end = Checkpoint(proof["end"], keys)
    report.say("ok", f"checkpoint: {end.size} entries of {end.origin}, signed")
    attempt(report, "events.jsonl", check_tree, entries, proof, end, report)
    witnesses = {f"witness {one['address']}": one["note"] for one in proof.get("witnesses", [])}
    for name, note in {"start checkpoint": proof["start"], "your checkpoint": held, **witnesses}.items():
        if note is not None:
            attempt(report, name, check_older, name, note, end, proof, keys, report)
    if held is None:
        report.say("note", "your checkpoint: none; a tail cut off and signed anew stays unseen, give --checkpoint")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verifies an export of the audit log of Vuoro.")
    parser.add_argument("export", type=Path, metavar="EXPORT.zip")
    parser.add_argument("--key", type=bytes.fromhex, metavar="HEX", help="the public key of the log that you hold")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="an earlier checkpoint that you hold")
    chosen, report = parser.parse_args(arguments), Report()
    files = unpack(chosen.export, report)
    if set(files) == set(FILES):
        held = attempt(report, "your checkpoint", chosen.checkpoint.read_text, "utf-8") if chosen.checkpoint else None
        check_all(files, chosen.key, held, report)
    print(f"FAIL  {report.failures} checks do not hold" if report.failures else "ok    all checks hold")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
