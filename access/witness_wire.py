"""Witnesses of checkpoints on the wire: C2SP tlog-witness and tlog-cosignature, RFC 3161 time stamps. No database.

A witness is asked with the consistency proof from the checkpoint it signed last, and answers with one line; a
time-stamping authority is given the hash of the note.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import load_pem_x509_certificates
from rfc3161_client import (
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

COSIGNED = b"\x04"  # the algorithm byte of cosignatures (c2sp.org/tlog-cosignature)
LARGEST = 65_536
TIMEOUT_S = 20.0
CONFLICT = 409


class NoWitness(Exception):
    """The witness did not answer as it should; the text says how. `size`: the size it said it knows, if it did."""

    def __init__(self, problem: str, size: int | None = None) -> None:
        super().__init__(problem)
        self.size = size


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public key of a witness, as `NAME+HASH+BASE64`."""

    name: str
    key_hash: bytes
    public: bytes


def witness_key(text: str) -> WitnessKey:
    """Raises ValueError for what is no key of a witness."""
    name, found, encoded = text.strip().split("+", 2)
    blob = base64.b64decode(encoded, validate=True)
    if len(blob) != 33 or blob[:1] != COSIGNED or hash_of(name, blob[1:]).hex() != found:
        raise ValueError("no key of a witness: NAME+HASH+BASE64 with algorithm 04")
    return WitnessKey(name, bytes.fromhex(found), blob[1:])


def hash_of(name: str, public: bytes) -> bytes:
    """Four bytes that tell keys of one name apart."""
    return hashlib.sha256(name.encode() + b"\n" + COSIGNED + public).digest()[:4]


def request_of(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """The body of add-checkpoint: the size the witness knows, the proof from it, an empty line, the note."""
    hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in proof)
    return f"old {old}\n{hashes}\n{note}".encode()


def cosigned_at(line: str, note: str, key: WitnessKey) -> int:
    """The Unix seconds at which the witness signed this note. Raises NoWitness for a line that is not its own."""
    start = f"\N{EM DASH} {key.name} "
    try:
        blob = base64.b64decode(line.removeprefix(start), validate=True) if line.startswith(start) else b""
    except binascii.Error:
        blob = b""
    if blob[:4] != key.key_hash or len(blob) != 4 + 8 + 64:
        raise NoWitness("no line of this witness")
    seconds = int.from_bytes(blob[4:12], "big")
    text = note.rpartition("\n\n")[0] + "\n"
    try:
        signed = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        Ed25519PublicKey.from_public_bytes(key.public).verify(blob[12:], signed)
    except InvalidSignature as error:
        raise NoWitness("the signature of the witness does not fit") from error
    return seconds


def ask_witness(url: str, old: int, proof: Sequence[bytes], note: str, key: WitnessKey) -> str:
    """The line that the witness signs for this note, checked. Raises NoWitness, with `size` when it knows another."""
    answer = _post(f"{url.rstrip('/')}/add-checkpoint", request_of(old, proof, note), "text/plain")
    for line in answer.decode("utf-8", "replace").splitlines():
        if line.startswith(f"\N{EM DASH} {key.name} "):
            cosigned_at(line, note, key)
            return line
    raise NoWitness("the answer has no line of this witness")


def ask_time(url: str, note: str, roots: Path) -> bytes:
    """A time stamp over the note, DER, checked against the authority's root certificates. Raises NoWitness."""
    asked = TimestampRequestBuilder().data(note.encode()).build()
    token = _post(url, asked.as_bytes(), "application/timestamp-query")
    check_time(token, note, roots)
    return token


def check_time(token: bytes, note: str, roots: Path) -> None:
    """Raises NoWitness for a token that is not over this note, or not by an authority under these roots."""
    builder = VerifierBuilder()
    for root in load_pem_x509_certificates(roots.read_bytes()):
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(decode_timestamp_response(token), note.encode())
    except (VerificationError, ValueError) as error:
        raise NoWitness(f"the time stamp does not hold: {error}") from error


def _post(url: str, body: bytes, kind: str) -> bytes:
    if not re.match(r"https?://", url):
        raise NoWitness("only http and https")
    request = urllib.request.Request(url, body, {"Content-Type": kind}, method="POST")  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - checked above
            found: bytes = answer.read(LARGEST)
            return found
    except urllib.error.HTTPError as error:
        told = error.read(LARGEST).decode("utf-8", "replace").strip()
        known = int(told) if error.code == CONFLICT and re.fullmatch("[0-9]{1,15}", told) else None
        raise NoWitness(f"answered {error.code}", known) from error
    except OSError as error:
        raise NoWitness(f"{type(error).__name__}") from error
