"""What every codec of a byte line must stand: any cut, noise, and a restart in the middle."""

import itertools
from typing import Any, Protocol

from hypothesis import strategies as st


class Feeds(Protocol):
    def feed(self, piece: bytes) -> tuple[Any, ...]: ...


def in_pieces(decoder: Feeds, pieces: list[bytes]) -> list[Any]:
    return [frame for piece in pieces for frame in decoder.feed(piece)]


def every_cut(whole: bytes) -> list[list[bytes]]:
    """The bytes in two pieces at every place, and in single bytes."""
    return [[whole[:at], whole[at:]] for at in range(len(whole) + 1)] + [[bytes([byte]) for byte in whole]]


@st.composite
def cut_streams(draw: st.DrawFn, *frames: bytes) -> tuple[bytes, list[bytes]]:
    """Frames, torn frames and noise in any order, whole and cut anywhere."""
    torn = st.sampled_from(frames).flatmap(lambda frame: st.integers(0, len(frame)).map(lambda at: frame[:at]))
    stream = draw(st.lists(st.sampled_from(frames) | torn | st.binary(max_size=12), max_size=8))
    whole = b"".join(stream)
    cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=10)))
    return whole, [whole[start:end] for start, end in itertools.pairwise([0, *cuts, len(whole)])]
