"""The invented city is the same for everybody, and as contested as it says."""

import pytest

from booking.core.allocation.generating import SIZES, generate, peak_demand, peak_supply
from booking.core.allocation.reading import instance_from
from booking.core.allocation.writing import canonical, input_hash, instance_to_json


@pytest.mark.parametrize("size", ["XS", "S", "M"])
def test_a_city_has_its_size_and_its_peak_is_asked_1_6_times_over(size):
    city = generate(size, 1)
    bases = [one for one in city.spaces if not one.kind.endswith("_part")]
    organisations = {one.organisation for one in city.sections}
    assert (len(bases), len(city.sections), len(organisations)) == SIZES[size]
    assert peak_demand(city) / peak_supply(city) == pytest.approx(1.6, rel=0.05)
    assert {one.class_id for one in city.sections} == {one.id for one in city.classes}


def test_the_same_seed_gives_the_same_city_and_another_another():
    assert generate("XS", 7) == generate("XS", 7)
    assert input_hash(generate("XS", 7)) != input_hash(generate("XS", 8))


def test_the_city_of_seed_7_is_that_of_every_machine():
    assert input_hash(generate("XS", 7)) == HASH_OF_XS_7


def test_a_city_is_read_back_as_it_was_written():
    city = generate("S", 3)
    assert instance_from(instance_to_json(city)) == canonical(city)


HASH_OF_XS_7 = "3250869807337e3c01d94589309ba6a4b4874b984c5958da5488b64766ecdc4c"
