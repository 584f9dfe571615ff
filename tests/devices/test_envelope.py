"""Laws of canonical JSON and the envelope."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from devices import canonical
from devices.envelope import (
    TO_DOOR,
    Code,
    Envelope,
    Refused,
    open_at_door,
    open_at_service,
    seal_to_door,
    seal_to_service,
)
from devices.vectors import LINK_KEY, SERVICE, access_list, envelope
from tests.devices.make import KEYS, LINK_KEYS

keys = st.from_regex(r"[a-z0-9_]{1,32}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]))
leaves = st.none() | st.booleans() | st.integers(-canonical.LARGEST, canonical.LARGEST) | texts
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=8
)
bodies = st.dictionaries(keys, values, max_size=4)


def shallow(value: Any, left: int = canonical.DEEPEST) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inside is None or (left > 0 and all(shallow(each, left - 1) for each in inside))


@given(body=bodies.filter(shallow))
def test_canonical_json_is_rfc_8785_and_comes_back(body: dict[str, Any]) -> None:
    assert canonical.encode(body) == rfc8785.dumps(body)
    assert canonical.decode(canonical.encode(body)) == body


@given(body=bodies.filter(shallow).filter(bool))
def test_a_pretty_spelling_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.decode(json.dumps(body, indent=1).encode())


@given(payload=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_garbage_is_refused_and_nothing_else_happens(payload: bytes) -> None:
    with pytest.raises(Refused):
        open_at_door(payload, topic="vuoro/v1/d/hall-a/cmd", retained=False, keys=KEYS)


def test_a_thousand_brackets_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        open_at_door(b"[" * 60_000, topic="vuoro/v1/d/hall-a/cmd", retained=False, keys=KEYS)
    assert refused.value.code is Code.NOT_CANONICAL


@pytest.mark.parametrize("value", [1.0, {"a": float("nan")}, {"A": 1}, {"a": 2**53}, {"a": "\ud800"}, {"a": b""}])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.encode(value)


LIST = envelope("desired", access_list())
SEALED = seal_to_door(LIST, SERVICE)
PRESENT = envelope("online", {"online": True, "session": 1})
TOLD = seal_to_service(PRESENT, LINK_KEY)


@given(at=st.integers(0, len(SEALED) - 1), flip=st.integers(1, 255))
def test_any_changed_byte_from_the_service_is_refused(at: int, flip: int) -> None:
    forged = bytearray(SEALED)
    forged[at] ^= flip
    with pytest.raises(Refused) as refused:
        open_at_door(bytes(forged), topic=LIST.topic, retained=True, keys=KEYS)
    assert not refused.value.authentic


@given(at=st.integers(0, len(TOLD) - 1), flip=st.integers(1, 255))
def test_any_changed_byte_from_a_door_is_refused(at: int, flip: int) -> None:
    forged = bytearray(TOLD)
    forged[at] ^= flip
    with pytest.raises(Refused):
        open_at_service(bytes(forged), topic=PRESENT.topic, retained=True, keys=LINK_KEYS)


@given(cut=st.integers(0, len(SEALED) - 1))
def test_any_cut_message_is_refused(cut: int) -> None:
    with pytest.raises(Refused):
        open_at_door(SEALED[:cut], topic=LIST.topic, retained=True, keys=KEYS)


@given(body=bodies.filter(lambda body: shallow(body, 7)), counter=st.integers(0, canonical.LARGEST))
def test_what_is_sealed_opens_to_the_same(body: dict[str, Any], counter: int) -> None:
    sealed = Envelope("svc-1", LIST.topic, counter, 1, 2, "0" * 32, body)
    assert open_at_door(seal_to_door(sealed, SERVICE), topic=LIST.topic, retained=False, keys=KEYS) == sealed


def test_openssl_finds_our_signature_right(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    sent = json.loads(SEALED)
    signature = bytes.fromhex(sent.pop("sig"))
    # Written out here anew: the signed bytes are the document's, not our encoder's.
    signed = TO_DOOR + json.dumps(sent, sort_keys=True, separators=(",", ":")).encode()
    files = {"key": public_pem(), "sig": signature, "signed": signed}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    told = subprocess.run(
        [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "signed", "-sigfile", "sig"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert b"Signature Verified Successfully" in told.stdout, told.stderr


def public_pem() -> bytes:
    return SERVICE.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
