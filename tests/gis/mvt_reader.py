"""Reads vector tiles as the specification says, knowing nothing of how ours are written."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass
class Feature:
    id: int | None
    kind: int
    properties: dict[str, Any]
    paths: list[list[tuple[int, int]]]
    """Points: one path of one point for each; lines; rings, closed by the first point again."""


def read_tile(data: bytes) -> dict[str, list[Feature]]:
    """Give the features of each layer."""
    return dict(_layer(content) for number, content in _fields(data) if number == 3)


def _layer(data: bytes) -> tuple[str, list[Feature]]:
    name, features, keys, values, version, extent = "", [], [], [], 1, 4096
    for number, content in _fields(data):
        match number:
            case 15:
                version = content
            case 1:
                name = content.decode()
            case 2:
                features.append(content)
            case 3:
                keys.append(content.decode())
            case 4:
                values.append(_value(content))
            case 5:
                extent = content
    assert version == 2
    assert extent == 4096
    assert len(set(keys)) == len(keys)
    return name, [_feature(one, keys, values) for one in features]


def _feature(data: bytes, keys: list[str], values: list[Any]) -> Feature:
    parts = dict(_fields(data))
    tags = list(_packed(parts.get(2, b"")))
    assert len(tags) % 2 == 0
    properties = {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
    return Feature(parts.get(1), parts[3], properties, read_geometry(parts[4], parts[3]))


def read_geometry(data: bytes, kind: int) -> list[list[tuple[int, int]]]:
    """Follow the commands of a geometry (4.3)."""
    numbers = _packed(data)
    x = y = 0
    paths: list[list[tuple[int, int]]] = []
    for command in numbers:
        what, count = command & 7, command >> 3
        assert count > 0
        if what == 7:
            assert kind == 3
            assert len(paths[-1]) >= 3
            paths[-1].append(paths[-1][0])
            continue
        assert what in {1, 2}
        assert what == 2 or kind == 1 or count == 1
        for _ in range(count):
            dx, dy = _unfolded(next(numbers)), _unfolded(next(numbers))
            x, y = x + dx, y + dy
            if what == 1:
                paths.append([(x, y)])
            else:
                assert (dx, dy) != (0, 0), "a line to where it is"
                paths[-1].append((x, y))
    assert kind == 1 or all(len(path) > 1 for path in paths)
    return paths


def _value(data: bytes) -> Any:
    ((number, content),) = _fields(data)
    match number:
        case 1:
            return content.decode()
        case 3:
            return struct.unpack("<d", content)[0]
        case 6:
            return _unfolded(content)
        case 7:
            return bool(content)
    raise AssertionError(number)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        match key & 7:
            case 0:
                content, at = _varint(data, at)
                yield key >> 3, content
            case 1:
                yield key >> 3, data[at : at + 8]
                at += 8
            case 2:
                length, at = _varint(data, at)
                assert at + length <= len(data)
                yield key >> 3, data[at : at + length]
                at += length
            case other:
                raise AssertionError(other)


def _packed(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        number, at = _varint(data, at)
        yield number


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def _unfolded(number: int) -> int:
    return -(number + 1) // 2 if number & 1 else number // 2
