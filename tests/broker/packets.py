"""Packets of every kind, for properties of the codec."""

from hypothesis import strategies as st

from broker.codec.packets import (
    Connack,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Will,
)

words = st.text(st.characters(exclude_characters="\0#+", exclude_categories=("Cs",)), max_size=40)
topics = words.filter(bool)
filters = st.builds(
    lambda levels, last: "/".join([*levels, last]),
    st.lists(st.one_of(st.just("+"), words.filter(lambda word: "/" not in word)), max_size=4),
    st.sampled_from(["#", "+", "data"]),
)
packet_ids = st.integers(1, 65_535)
levels_of_service = st.integers(0, 2)
payloads = st.binary(max_size=300)


@st.composite
def connects(draw: st.DrawFn) -> Connect:
    username = draw(st.none() | words)
    return Connect(
        client_id=draw(words),
        clean_session=draw(st.booleans()),
        keep_alive=draw(st.integers(0, 65_535)),
        username=username,
        password=None if username is None else draw(st.none() | payloads),
        will=draw(st.none() | st.builds(Will, topics, payloads, levels_of_service, st.booleans())),
    )


@st.composite
def publishes(draw: st.DrawFn) -> Publish:
    qos = draw(levels_of_service)
    return Publish(
        draw(topics),
        draw(payloads),
        qos,
        draw(st.booleans()),
        draw(st.booleans()) if qos else False,
        draw(packet_ids) if qos else 0,
    )


packets = st.one_of(
    connects(),
    st.integers(0, 255).filter(lambda level: level != 4).map(lambda level: Connect(level=level)),
    st.builds(Connack, st.booleans(), st.integers(0, 255)),
    publishes(),
    *(st.builds(kind, packet_ids) for kind in (Puback, Pubrec, Pubrel, Pubcomp, Unsuback)),
    st.builds(
        Subscribe,
        packet_ids,
        st.lists(st.tuples(filters, levels_of_service), min_size=1, max_size=5).map(tuple),
    ),
    st.builds(
        Suback, packet_ids, st.lists(st.sampled_from([0, 1, 2, 0x80]), max_size=5).map(tuple)
    ),
    st.builds(Unsubscribe, packet_ids, st.lists(filters, min_size=1, max_size=5).map(tuple)),
    st.sampled_from([Pingreq(), Pingresp(), Disconnect()]),
)
