"""Lasting memory: a power cut at any byte leaves the old or the new, rotten bytes give way, a full flash says so."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim import memory
from firmware_sim.flash import FolderFlash, PowerCut, RamFlash
from firmware_sim.store import FlashFull, Store
from sim_tests.make import NOW, a_list, right


def a_list_of(version: int) -> bytes:
    return memory.save_list({"applied_at": NOW, "body": a_list(version, right(f"r-{version}"))}).content


def cut_at(steps: int, old: bytes, new: bytes) -> tuple[bytes, bool]:
    """What the door finds when it starts again, and whether the write had come to its end."""
    flash = RamFlash()
    Store(flash).save("list", old)
    flash.cut_in(steps)
    ended = False
    with suppress(PowerCut):
        Store(flash).save("list", new)
        ended = True
    return Store(RamFlash({name: bytes(content) for name, content in flash.files.items()})).load()["list"], ended


def test_a_power_cut_at_any_byte_of_a_list_write_leaves_the_old_or_the_new_list() -> None:
    old, new = a_list_of(1), a_list_of(2)
    seen = []
    for steps in range(len(new) + 80):
        found, ended = cut_at(steps, old, new)
        assert found in (old, new)
        assert found == new or not ended
        seen.append(found == new)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (False, True)


@given(steps=st.lists(st.integers(0, 400), min_size=1, max_size=6))
def test_cut_after_cut_a_door_never_goes_back_and_never_holds_a_mix(steps: list[int]) -> None:
    flash, held = RamFlash(), 0
    lists = [f"list {n} ".encode() * 20 for n in range(len(steps) + 1)]
    Store(flash).save("list", lists[0])
    for n, cut in enumerate(steps, 1):
        flash.cut_in(cut)
        with suppress(PowerCut):
            Store(flash).save("list", lists[n])
        flash.cut_in(None)
        now = lists.index(Store(flash).load()["list"])
        assert now in (held, n)
        held = now


@pytest.mark.parametrize("ram", [True, False])
def test_a_list_whose_bytes_rotted_gives_way_to_the_one_before(tmp_path: Path, ram: bool) -> None:  # noqa: FBT001
    flash = RamFlash() if ram else FolderFlash(tmp_path / "door")
    store = Store(flash)
    store.save("list", b"old")
    store.save("list", b"new")
    flash.write("list", b"0" * 64 + b"\nrot")
    assert store.load() == {"list": b"old"}


def test_a_folder_is_made_when_there_is_something_to_keep(tmp_path: Path) -> None:
    store = Store(FolderFlash(tmp_path / "door"))
    assert store.load() == {}
    assert not (tmp_path / "door").exists()
    store.append("events.log", b"one")
    assert store.load() == {"events.log": b"one\n"}


def test_a_full_flash_refuses_what_is_large_and_keeps_what_was_there() -> None:
    store = Store(RamFlash(), room=2000)
    store.save("list", b"a" * 1500)
    with pytest.raises(FlashFull):
        store.save("list", b"b" * 2001)
    store.save("clock", b"small")
    with pytest.raises(FlashFull):
        store.append("events.log", b"c" * 600)
    assert store.load() == {"list": b"a" * 1500, "clock": b"small"}
