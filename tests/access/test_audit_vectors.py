"""docs/vectors/audit-format.json holds for the program and for the stand-alone verifier; the page says what they do."""

import json
from pathlib import Path

import pytest
import rfc8785

from access import audit_chain, audit_tree, audit_verifier, checkpoints

ROOT = Path(__file__).resolve().parents[2]
VECTORS = json.loads((ROOT / "docs/vectors/audit-format.json").read_text())
ENTRIES = VECTORS["entries"]
LEAVES = [bytes.fromhex(entry["leaf"]) for entry in ENTRIES]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["kind"])
def test_program_verifier_and_rfc_8785_spell_and_hash_an_entry_alike(entry):
    assert audit_chain.canonical(entry["body"]) == audit_verifier.canonical(entry["body"]) == entry["canonical"]
    assert rfc8785.dumps(entry["body"]).decode() == entry["canonical"]
    salt = bytes.fromhex(entry["salt"])
    assert audit_chain.commitment(salt, entry["canonical"]) == entry["commitment"]
    assert audit_verifier.commitment(entry["salt"], entry["body"]) == entry["commitment"]
    clear = {name: entry[name] for name in ("seq", "at", "kind", "commitment")}
    assert audit_chain.leaf_hash(**clear) == audit_verifier.leaf(clear) == entry["leaf"]


def test_the_chain_is_that_of_the_vectors():
    chained = audit_chain.NO_HASH
    for entry in ENTRIES:
        chained = audit_chain.chain_hash(chained, entry["leaf"])
        assert chained == entry["chain"]


def test_roots_and_proofs_are_those_of_the_vectors():
    tree = audit_tree.Tree(LEAVES)
    for size, root in VECTORS["roots"].items():
        assert tree.root(int(size)).hex() == root
    for seq, path in VECTORS["inclusion"].items():
        found = audit_verifier.root_by_inclusion(LEAVES[int(seq) - 1], int(seq) - 1, 5, audit_verifier.unhex(path))
        assert found.hex() == VECTORS["roots"]["5"]
    for old, path in VECTORS["consistency"].items():
        first, second = audit_verifier.roots_by_consistency(
            bytes.fromhex(VECTORS["roots"][old]), int(old), 5, audit_verifier.unhex(path)
        )
        assert (first.hex(), second.hex()) == (VECTORS["roots"][old], VECTORS["roots"]["5"])
    for run, around in VECTORS["around"].items():
        first, last = map(int, run.split("-"))
        found = audit_verifier.root_by_range(LEAVES[first - 1 : last], first - 1, 5, audit_verifier.unhex(around))
        assert found.hex() == VECTORS["roots"]["5"]


def test_the_checkpoint_is_read_by_both():
    public = bytes.fromhex(VECTORS["public_key"])
    for point in (
        checkpoints.read(VECTORS["checkpoint"], [public]),
        audit_verifier.Checkpoint(VECTORS["checkpoint"], [public]),
    ):
        assert (point.size, point.root.hex()) == (5, VECTORS["roots"]["5"])
    assert checkpoints.verifier_key(point.origin, public) == VECTORS["vkey"]
    key = checkpoints.signing_key("an invented master key")
    assert checkpoints.public_hex(key) == VECTORS["public_key"]


def test_the_page_names_the_numbers_the_program_uses():
    page = (ROOT / "docs/audit-format.md").read_text()
    assert audit_chain.FORMAT in page
    assert f"salt of {audit_chain.SALT_BYTES} random bytes" in page
    assert (checkpoints.EVERY.total_seconds(), checkpoints.EVERY_ENTRIES) == (300, 1000)
    assert "Every five minutes, or every thousand entries" in page
