"""The little of DNS that answering on the local network takes: questions in, records out (RFC 1035)."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

A: Final = 1
PTR: Final = 12
TXT: Final = 16
SRV: Final = 33
ANY: Final = 255
IN: Final = 1
FLUSH: Final = 0x8000
"""On a record: what others have remembered under this name is no more true (RFC 6762 10.2)."""
UNICAST: Final = 0x8000
"""On a question: the answer may come to the asker alone (RFC 6762 5.4)."""
RESPONSE: Final = 0x8400
_LONGEST_LABEL: Final = 63
_MOST_JUMPS: Final = 16
_MOST_RECORDS: Final = 64
_POINTER: Final = 0xC0
_HEADER: Final = struct.Struct("!6H")

Name = tuple[str, ...]


class Malformed(Exception):
    """These bytes are no message."""


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks for."""

    name: Name
    kind: int
    wants_unicast: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """What is true of a name."""

    name: Name
    kind: int
    data: bytes
    ttl: int
    unique: bool = False
    """Only one on the network may say this of the name."""


@dataclass(frozen=True, slots=True)
class Message:
    """What came."""

    id: int
    is_response: bool
    questions: tuple[Question, ...]
    answers: tuple[Record, ...]
    """Of a question: what the asker knows already; of a probe also what it wants to claim."""


def name_bytes(name: Name) -> bytes:
    """Write a name, without compression."""
    labels = [label.encode("utf-8")[:_LONGEST_LABEL] for label in name]
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"


def srv(host: Name, port: int) -> bytes:
    """Write where a service is (RFC 2782)."""
    return struct.pack("!3H", 0, 0, port) + name_bytes(host)


def txt(said: Iterable[str]) -> bytes:
    """Write further words about a service (RFC 6763 6)."""
    texts = [text.encode("utf-8")[:255] for text in said]
    return b"".join(bytes((len(text),)) + text for text in texts) or b"\0"


def asked(questions: Iterable[Question], claims: Iterable[Record] = ()) -> bytes:
    """Write a question, with what the asker would like to claim."""
    several, claimed = tuple(questions), tuple(claims)
    body = b"".join(
        name_bytes(one.name) + struct.pack("!2H", one.kind, IN | UNICAST * one.wants_unicast)
        for one in several
    )
    records = b"".join(_record(one, one.ttl, flush=False) for one in claimed)
    return _HEADER.pack(0, 0, len(several), 0, len(claimed), 0) + body + records


def answered(records: Iterable[Record], further: Iterable[Record], ttl: int | None = None) -> bytes:
    """Write an answer to everybody; with `ttl` 0 a goodbye (RFC 6762 10.1)."""
    first, more = tuple(records), tuple(further)
    body = b"".join(
        _record(one, one.ttl if ttl is None else ttl, flush=one.unique) for one in (*first, *more)
    )
    return _HEADER.pack(0, RESPONSE, 0, len(first), 0, len(more)) + body


def answered_legacy(
    to: Message, records: Iterable[Record], further: Iterable[Record], ttl: int
) -> bytes:
    """Write an answer to one asker who knows only plain DNS (RFC 6762 6.7)."""
    first, more = tuple(records), tuple(further)
    asked_for = b"".join(
        name_bytes(one.name) + struct.pack("!2H", one.kind, IN) for one in to.questions
    )
    body = b"".join(_record(one, min(one.ttl, ttl), flush=False) for one in (*first, *more))
    counts = (len(to.questions), len(first), 0, len(more))
    return _HEADER.pack(to.id, RESPONSE, *counts) + asked_for + body


def read(data: bytes) -> Message:
    """Read a message; Malformed for what is none. Whatever comes, it ends soon."""
    try:
        number, flags, n_questions, *counts = _HEADER.unpack_from(data)
        if n_questions + sum(counts) > _MOST_RECORDS:
            raise Malformed("too many records")
        at, questions, records = _HEADER.size, [], []
        for _ in range(n_questions):
            name, at = _read_name(data, at)
            kind, group = struct.unpack_from("!2H", data, at)
            questions.append(Question(name, kind, bool(group & UNICAST)))
            at += 4
        for _ in range(sum(counts)):
            record, at = _read_record(data, at)
            records.append(record)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from None
    return Message(number, bool(flags & 0x8000), tuple(questions), tuple(records))


def _record(one: Record, ttl: int, *, flush: bool) -> bytes:
    group = IN | (FLUSH if flush else 0)
    head = struct.pack("!2HIH", one.kind, group, ttl, len(one.data))
    return name_bytes(one.name) + head + one.data


def _read_record(data: bytes, at: int) -> tuple[Record, int]:
    name, at = _read_name(data, at)
    kind, group, ttl, size = struct.unpack_from("!2HIH", data, at)
    at += 10
    content = data[at : at + size]
    if len(content) != size:
        raise Malformed("a record is cut off")
    if kind == PTR:  # names in it may be compressed, and ours are compared as written
        content = name_bytes(_read_name(data, at)[0])
    return Record(name, kind, content, ttl, bool(group & FLUSH)), at + size


def _read_name(data: bytes, at: int) -> tuple[Name, int]:
    labels: list[str] = []
    end, jumps = 0, 0
    while size := data[at]:
        if size & _POINTER == _POINTER:
            end = end or at + 2
            at = struct.unpack_from("!H", data, at)[0] & 0x3FFF
            jumps += 1
            if jumps > _MOST_JUMPS:
                raise Malformed("a name runs in circles")
            continue
        labels.append(data[at + 1 : at + 1 + size].decode("utf-8"))
        at += 1 + size
        if len(labels) > _MOST_JUMPS:
            raise Malformed("a name is too long")
    return tuple(labels), end or at + 1


def same(one: Name, other: Name) -> bool:
    """Say whether two names are one: case does not matter."""
    return [label.casefold() for label in one] == [label.casefold() for label in other]
