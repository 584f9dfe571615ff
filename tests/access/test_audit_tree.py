"""The tree of RFC 6962: proofs made by the program are understood by the verifier that shares no code with it."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from access import audit_tree, audit_verifier


def leaves_of(size):
    return [hashlib.sha256(b"\x00" + bytes([n % 256, n // 256])).digest() for n in range(size)]


@st.composite
def sizes(draw):
    size = draw(st.integers(1, 300))
    return size, draw(st.integers(1, size)), draw(st.integers(0, size - 1))


def test_the_root_is_that_of_the_published_examples():
    """The tree heads of the reference implementation of RFC 6962 (google/certificate-transparency merkletree tests)."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    tree = audit_tree.Tree(hashlib.sha256(b"\x00" + bytes.fromhex(one)).digest() for one in inputs)
    assert [tree.root(size + 1).hex() for size in range(8)] == roots


@given(sizes())
def test_peaks_that_grow_leaf_by_leaf_give_the_same_root(case):
    size, _, _ = case
    peaks = []
    for n, leaf in enumerate(leaves_of(size)):
        peaks = audit_tree.grown(peaks, n, leaf)
    assert audit_tree.root_of_peaks(peaks) == audit_tree.Tree(leaves_of(size)).root(size)


@given(sizes())
def test_each_leaf_is_led_to_the_root_by_its_path(case):
    size, _, index = case
    tree = audit_tree.Tree(leaves_of(size))
    path = tree.inclusion(index, size)
    assert audit_verifier.root_by_inclusion(leaves_of(size)[index], index, size, path) == tree.root(size)


@given(sizes())
def test_an_older_tree_is_led_to_the_newer(case):
    size, old, _ = case
    tree = audit_tree.Tree(leaves_of(size))
    if old < size:
        roots = audit_verifier.roots_by_consistency(tree.root(old), old, size, tree.consistency(old, size))
        assert roots == (tree.root(old), tree.root(size))
    else:
        assert tree.consistency(old, size) == []


@given(sizes())
def test_a_run_of_leaves_and_what_is_around_it_give_the_root(case):
    size, end, index = case
    first = min(index, end - 1)
    tree = audit_tree.Tree(leaves_of(size))
    root = audit_verifier.root_by_range(leaves_of(size)[first:end], first, size, tree.around(first, end, size))
    assert root == tree.root(size)


@given(sizes(), st.integers(0, 20), st.booleans())
def test_a_path_with_a_hash_too_few_or_too_many_is_refused(case, place, longer):
    size, _, index = case
    tree = audit_tree.Tree(leaves_of(size))
    path = tree.inclusion(index, size)
    wrong = [*path[:place], b"\x00" * 32, *path[place:]] if longer else path[:-1]
    if wrong != path:
        with pytest.raises(audit_verifier.Wrong):
            audit_verifier.root_by_inclusion(leaves_of(size)[index], index, size, wrong)
    with pytest.raises(audit_verifier.Wrong):
        audit_verifier.root_by_range(leaves_of(size)[:1], 0, size, [*tree.around(0, 1, size), b"\x00" * 32])


def test_the_empty_tree_has_the_hash_of_nothing():
    assert audit_tree.root_of_peaks([]) == hashlib.sha256(b"").digest()


# RFC 8032 7.1, tests 1 to 3, and test SHA(abc).
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_the_verifier_holds_with_the_signatures_of_rfc_8032(public, message, signature):
    public, message, signature = (bytes.fromhex(one) for one in (public, message, signature))
    audit_verifier.check_signature(public, message, signature)
    for wrong in (signature[:-1] + bytes([signature[-1] ^ 1]), signature + b"\x00", signature[:63], signature[:20]):
        with pytest.raises(audit_verifier.Wrong):
            audit_verifier.check_signature(public, message, wrong)
    with pytest.raises(audit_verifier.Wrong):
        audit_verifier.check_signature(public, message + b"x", signature)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_the_verifier_and_the_library_agree(seed, message):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    audit_verifier.check_signature(public, message, signature)
    order = (int.from_bytes(signature[32:], "little") + audit_verifier.ORDER).to_bytes(33, "little")[:32]
    with pytest.raises(audit_verifier.Wrong):  # the same scalar with the order added: RFC 8032 5.1.7 refuses it
        audit_verifier.check_signature(public, message, signature[:32] + order)


@pytest.mark.parametrize("key", [b"\xff" * 32, b"\x02" + b"\x00" * 31, b"\x01" + b"\x00" * 30 + b"\x80", b"short"])
def test_what_is_no_point_of_the_curve_is_no_key(key):
    with pytest.raises(audit_verifier.Wrong):
        audit_verifier.check_signature(key, b"", bytes(64))
