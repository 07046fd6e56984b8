"""Numbers as Protocol Buffers write them (protobuf.dev, encoding), many at once."""

from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_BITS: Final = 7
_MORE: Final = 0x80
_SHORT: Final = 1 << 14


def varint(number: int) -> bytes:
    """Write one number ≥ 0, of any size."""
    return _short_ones()[number] if number < _SHORT else _written(number)


def _written(number: int) -> bytes:
    out = bytearray()
    while number >= _MORE:
        out.append(number & (_MORE - 1) | _MORE)
        number >>= _BITS
    out.append(number)
    return bytes(out)


@cache
def _short_ones() -> tuple[bytes, ...]:
    """Give numbers as there are many of: lengths, keys, values."""
    return tuple(map(_written, range(_SHORT)))


def zigzag(numbers: Ints) -> Ints:
    """Fold signed numbers into unsigned ones: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return (numbers << 1) ^ (numbers >> 63)


def varints(numbers: Ints) -> tuple[bytes, Ints]:
    """Write numbers ≥ 0 one after the other; also where each begins, and where all end."""
    lengths = np.ones(len(numbers), np.int64)
    for bits in range(_BITS, int(numbers.max(initial=0)).bit_length(), _BITS):
        lengths += numbers >= 1 << bits
    ends = np.zeros(len(numbers) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    out = np.empty(int(ends[-1]), np.uint8)
    begins = ends[:-1]
    for count in range(int(lengths.max(initial=0))):
        has = lengths > count
        rest = numbers[has] >> (_BITS * count)
        goes_on = (lengths[has] > count + 1) * _MORE
        out[begins[has] + count] = (rest & (_MORE - 1)) | goes_on
    return out.tobytes(), ends


def field(number: int, content: bytes) -> bytes:
    """Write a field whose content has a length: text, a message, or packed numbers."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def fields(number: int, contents: Iterable[bytes]) -> list[bytes]:
    """Write the same field of many."""
    key, short = varint(number << 3 | 2), _short_ones()
    return [
        key + (short[size] if (size := len(content)) < _SHORT else _written(size)) + content
        for content in contents
    ]


def number_fields(number: int, values: Iterable[int]) -> list[bytes]:
    """Write the same field of many whose content is a number ≥ 0."""
    own = np.fromiter(values, np.int64)
    numbers = np.full((len(own), 2), number << 3, np.int64)
    numbers[:, 1] = own
    written, offsets = varints(numbers.reshape(-1))
    return [written[one:other] for one, other in pairwise(offsets[::2].tolist())]
