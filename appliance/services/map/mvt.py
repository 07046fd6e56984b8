"""Layers as Mapbox Vector Tiles 2.1 (github.com/mapbox/vector-tile-spec, 4) write them."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Final

from appliance.services.map.varints import field, fields, number_fields, varint

EXTENT: Final = 4096
"""Units along a side of a tile; a screen draws eight of them in a pixel."""
MEDIA_TYPE: Final = "application/vnd.mapbox-vector-tile"
Value = str | int | float | bool
_NOTHING: Final = field(4, b"")


class Shape(IntEnum):
    """What a feature is (4.3.4)."""

    POINT = 1
    LINE = 2
    AREA = 3


class Layer:
    """One layer on its way: keys and values are written once, features refer to them (4.4)."""

    def __init__(self, name: str, shape: Shape) -> None:
        self._name = name
        self._kind = bytes((0x18, shape))
        self._keys: dict[str, bytes] = {}
        self._values: dict[tuple[type, Value], int] = {}
        self._features: list[bytes] = []

    def tags(self, properties: Mapping[str, Value | None]) -> bytes:
        """Write properties; the same bytes serve every feature that has these. None is left out."""
        return b"".join(self.tag(k, v) for k, v in properties.items() if v is not None)

    def tag(self, key: str, value: Value) -> bytes:
        """Write one property."""
        named = self._keys.get(key)
        if named is None:
            named = self._keys[key] = varint(len(self._keys))
        return named + varint(self._values.setdefault((type(value), value), len(self._values)))

    def column(self, key: str, values: Iterable[Value | None]) -> list[bytes]:
        """Write one property of many features, all of one type; None is left out."""
        column = list(values)
        # In their order, which a set has not: an ETag promises the same bytes after a restart, too.
        alike = dict.fromkeys(column)
        made = {value: b"" if value is None else self.tag(key, value) for value in alike}
        return [made[value] for value in column]

    def add(
        self, idents: Iterable[bytes], tags: Sequence[bytes], geometry: Iterable[bytes]
    ) -> None:
        """Add features; what has no geometry is none (4.2).

        `idents` are written already, by `idents_of`: most stay the same from tile to tile.
        """
        alike = list(dict.fromkeys(tags))
        looks = {tag: look + self._kind for tag, look in zip(alike, fields(2, alike), strict=True)}
        features = [
            ident + looks[tag] + shape
            for ident, tag, shape in zip(idents, tags, fields(4, geometry), strict=True)
            if shape != _NOTHING
        ]
        self._features += fields(2, features)

    def written(self) -> bytes:
        """Give the layer as a field of a tile; nothing when it has no features (4.1)."""
        if not self._features:
            return b""
        parts = (
            b"\x78\x02",  # version 2
            field(1, self._name.encode()),
            *self._features,
            *fields(3, map(str.encode, self._keys)),
            *fields(4, [_value(value) for _, value in self._values]),
            b"\x28" + varint(EXTENT),
        )
        return field(3, b"".join(parts))


def idents_of(ids: Iterable[int]) -> list[bytes]:
    """Write the ids of features."""
    return number_fields(1, ids)


def tile(layers: Iterable[Layer]) -> bytes:
    """Write a tile."""
    return b"".join(layer.written() for layer in layers)


def _value(value: Value) -> bytes:
    match value:
        case str():  # as nearly all are
            return field(1, value.encode(errors="replace"))
        case bool():
            return b"\x38" + varint(value)
        case int():
            return b"\x30" + varint((value << 1) ^ (value >> 63))
        case float():
            return b"\x19" + struct.pack("<d", value)
