"""What can be set at the doors that devices and programs come in by. Sizes in bytes, times in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorOptions:
    """The MQTT front door's bounds."""

    max_connections: int = 10_000
    """For one more, a connection that has not shown who it is gives way; without such, it goes."""
    max_strangers: int = 4_000
    """Connections that have not shown who they are; for one more, one of them gives way."""
    handshake_within: float = 10.0
    """How long a handshake of TLS or WebSocket may take, each, before CONNECT."""
    connect_within: float = 10.0
    """How long a peer may take to show who it is."""
    largest_connect: int = 8 * 1024
    """What is buffered at most for a peer that has not shown who it is."""
    largest_packet: int = 256 * 1024
    check_every: float = 5.0
    """How often open connections are asked whether they would still be admitted."""
    unread_high: int = 64 * 1024
    """With more than this unread, nothing more is taken from the peer or given to it."""
    unread_most: int = 1024 * 1024
    """With more than this unread, the peer is cut off."""
    unread_for: float = 30.0
    """How long a peer may leave more than `unread_high` unread before it is cut off."""
    unread_by_system: int = 64 * 1024
    """What the system is asked to hold of it at most, on its way; Linux takes twice that."""
    stop_within: float = 1.0
    """How long stopping waits for what is on its way to the disk, and again for peers to read."""
    unfinished_messages: int = 1_000
    """QoS 2 messages of one session that may be without PUBREL."""
    device_sessions: int = 20_000
    """Sessions kept for devices that come back; with more, the oldest absent one is forgotten."""
    most_copies: int = 10_000
    """Copies that wait for fan-out; with more, the oldest is dropped and counted."""
    most_retained: int = 20_000
    """Topics with a retained copy; with more, the oldest of who has most is dropped and counted."""
    most_retained_bytes: int = 64 * 1024 * 1024
    """Retained payload; with more, the oldest copy of who has most is dropped and counted."""
    most_queued: int = 1_000
    """Copies that wait for one subscriber; what comes then is not kept for it, and counted."""
    most_queued_bytes: int = 16 * 1024 * 1024
    """Payload that waits for one subscriber; beyond it, copies are not kept for it, and counted."""
    in_flight: int = 32
    """QoS 1 and 2 copies that one subscriber may leave unacknowledged."""
    most_unwritten: int = 5_000
    """Changes of lasting sessions that wait for the disk; with more, programs are read no more."""
    most_unwritten_bytes: int = 8 * 1024 * 1024
    most_levels: int = 64
    """Levels of a filter; one with more is refused."""
    most_filters: int = 100
    """Filters of one subscriber; one more is refused."""
    sessions_per_identity: int = 100
    """Sessions of one API token; one more is refused."""
    free_topics: tuple[str, ...] = ()
    """Filters under which programs that may `topics.publish` publish and subscribe; none is off."""
    session_expiry: int = 7 * 24 * 3600
    """How long the session of an absent subscriber is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOptions:
    """The line-JSON door's bounds."""

    max_connections: int = 1_000
    """For one more, a connection without a good line gives way; without such, it is told and goes."""
    max_strangers: int = 500
    """Connections without a good line so far; for one more, one of them gives way."""
    handshake_within: float = 10.0
    """How long a handshake of TLS may take, before the first line."""
    first_line_within: float = 10.0
    """How long a peer may take until a line of a known device has come."""
    idle_within: float = 600.0
    largest_line: int = 64 * 1024
    most_unanswered: int = 1_000
    """Lines of one connection that may wait for the disk; with more, no more is read from it."""
    refusals_in_a_row: int = 20
    """After so many refused lines without a good one between them, the connection is closed."""
    unread_most: int = 256 * 1024
    """With more answers than this unread, the peer is cut off."""
    unread_by_system: int = 64 * 1024
    """What the system is asked to hold of them at most, on their way; Linux takes twice that."""
    stop_within: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """The bounds of HTTP, before and around the conversations that web has."""

    max_connections: int = 1_000
    """For one more, a connection that has not signed in gives way; without such, it gets 503."""
    max_strangers: int = 500
    """Connections that have not signed in; for one more, one of them gives way."""
    handshake_within: float = 10.0
    """How long a handshake of TLS may take, before the first request."""
    request_within: float = 10.0
    """How long the first request's head may take, and its body where that is small; then 408."""
    largest_head: int = 16 * 1024
    """What is kept at most of a request that is not whole; beyond it, web has the conversation."""
    unread_for: float = 30.0
    """How long a peer may read nothing of an answer before it is cut off."""
    unread_by_system: int = 256 * 1024
    """What the system is asked to hold of an answer at most, on its way; Linux takes twice that."""
    untaken_by_system: int = 64 * 1024
    """What the system is asked to hold of a request at most, before it is taken; twice that, too."""
    most_of_one: float = 0.25
    """The part of all places that one person, program or device has for sure; with more it gives
    way to others when the last place is taken."""
