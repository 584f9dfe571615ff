"""The cable of an OSDP reader out and in, measured as by hand but shorter."""

from bench.osdp_cable import measure
from devices.drivers.osdp import Times


def test_a_cable_out_for_a_while_lets_nothing_through() -> None:
    found = measure(0.6, settle_s=0.35, limits=Times(silent=250, grace=100, stale=300))
    assert found.told_offline_s < 5
    assert found.back_s < 5
    assert (found.stale, found.let_through) == (1, 0)
