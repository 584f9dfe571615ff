"""Keys derived from the master key: what wraps door keys and PINs, and what signs for the service (adr/0003)."""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from access.models import Door
from devices.link import SigningKey

SHORTEST_MASTER = 16
SERVICE_KID = "svc-1"
_NONCE = 12


class CannotUnwrap(Exception):
    """The sealed bytes were made with another master key or for another thing, or were changed."""


@dataclass(frozen=True, slots=True)
class Vault:
    """What can be made of the master key. Sealed bytes are bound to the thing they were sealed for (`of`), so one row's
    secret cannot be put in another's place. Raises ValueError for a master key shorter than 16 characters."""

    master_key: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.master_key) < SHORTEST_MASTER:
            raise ValueError(f"the master key needs at least {SHORTEST_MASTER} characters")

    def seal(self, secret: bytes, *, of: str) -> bytes:
        """The secret encrypted with AES-256-GCM; `of` names what it belongs to."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._derived("wrapping")).encrypt(nonce, secret, of.encode())

    def unseal(self, sealed: bytes, *, of: str) -> bytes:
        """The secret again. Raises CannotUnwrap."""
        try:
            return AESGCM(self._derived("wrapping")).decrypt(sealed[:_NONCE], sealed[_NONCE:], of.encode())
        except InvalidTag as error:
            raise CannotUnwrap(of) from error

    def fingerprint(self, text: str, *, of: str) -> str:
        """A keyed hash of a text, 64 hex digits: to find what is nowhere written down. `of` names what it is."""
        return hmac.digest(self._derived(f"fingerprint:{of}"), text.encode(), "sha256").hex()

    def signing(self, kid: str = SERVICE_KID) -> SigningKey:
        """The service's Ed25519 key under this kid: the same in every process that has the master key."""
        return SigningKey(kid, Ed25519PrivateKey.from_private_bytes(self._derived(f"door-signing:{kid}")))

    def public(self, kid: str = SERVICE_KID) -> str:
        """The public half as 64 hex digits, as it goes into a controller (door-protocol.md 2.4)."""
        return self.signing(kid).key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def _derived(self, purpose: str) -> bytes:
        kdf = HKDF(algorithm=SHA256(), length=32, salt=b"vuoro-keys-v1", info=purpose.encode())
        return kdf.derive(self.master_key.encode())


def credential_key(vault: Vault, door: Door) -> bytes:
    """The key that turns cards and PINs into what this door knows."""
    return vault.unseal(door.credential_key, of=f"{door.controller_id}:credential")


def link_key(vault: Vault, door: Door) -> bytes:
    """The key under which this door speaks to the service."""
    return vault.unseal(door.link_key, of=f"{door.controller_id}:link")
