"""Alerts as e-mail, through a real SMTP server."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.alerts import AlertStatus, ChangeKind
from appliance.domain.errors import DeliveryFailed
from appliance.domain.instant import HOUR, MINUTE, Instant
from appliance.domain.telling import Parcel
from appliance.outbound.mail import MailMessenger, MailOptions
from tests.builders import NOON, THERE
from tests.fakes import FixedClock
from tests.outbound.certificate import server_and_client
from tests.outbound.mail_server import MailServer, a_mail_server
from tests.outbound.parcels import a_change, a_channel, a_parcel, an_alert, of


def a_messenger(server: MailServer, **options: Any) -> MailMessenger:
    fields: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "from_address": "weir@works.example",
        "public_url": "https://weir.example/",
        "step_seconds": 5.0,
    }
    return MailMessenger(MailOptions(**fields | options), FixedClock(Instant(NOON + MINUTE)))


async def refusal(messenger: MailMessenger, parcel: Parcel) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        await messenger.send(parcel)
    return caught.value


async def test_the_letter_says_what_where_since_when_why_and_what_to_do():
    async with a_mail_server() as server:
        await a_messenger(server).send(a_parcel())
    (letter,) = server.taken
    assert server.envelopes == [("weir@works.example", ["duty@brookfield.example"])]
    assert letter["Subject"] == "[CRITICAL] Pressure too low – Mill Lane, Brookfield"
    plain = (
        letter.get_body(("plain",))
        .get_content()
        .replace("\r\n", "\n")
        .replace("\n" + 13 * " ", " ")
    )
    assert plain.splitlines() == [
        "New alert.",
        "",
        "What:        Pressure too low (critical)",
        "Evidence:    1.1 bar, below 2 bar for 60 s",
        "Since:       Fri 1 May 2026, 13:59:00 (CEST), 2 min ago",
        "Where:       Mill Lane, Brookfield",
        "Coordinates: 52.50000, 13.40000 (WGS 84)",
        (
            "What to do:  Look at the map for other alarms nearby and at the inflow of the zone. If the "
            "inflow is up, send somebody to the place of the lowest pressure and find the valves that "
            "cut it off. Tell customers who need water for their health."
        ),
        "Open:        https://weir.example/alerts/161",
        "Alert:       161 (change 1)",
    ]
    page = letter.get_body(("html",)).get_content()
    assert '<a href="https://weir.example/alerts/161" dir="ltr">' in page
    assert "1.1 bar, below 2 bar for 60 s" in page


async def test_a_title_that_names_the_sensor_does_not_name_it_twice():
    async with a_mail_server() as server:
        parcel = a_parcel(alert=an_alert(title="Unusual pressure: Mill Lane"))
        await a_messenger(server).send(parcel)
    assert server.taken[0]["Subject"] == "[CRITICAL] Unusual pressure: Mill Lane – Brookfield"


async def test_a_second_copy_has_the_same_message_id_and_another_delivery_has_another():
    async with a_mail_server() as server:
        messenger = a_messenger(server)
        await messenger.send(a_parcel())
        await messenger.send(a_parcel())
        await messenger.send(a_parcel(change=a_change(number=2, kind=ChangeKind.CLEARED)))
    first, copy, later = (letter["Message-ID"] for letter in server.taken)
    assert first == copy != later
    assert first.endswith("@works.example>")
    assert len({letter["References"] for letter in server.taken}) == 1


async def test_the_letter_tells_other_machines_that_a_machine_wrote_it():
    async with a_mail_server() as server:
        await a_messenger(server).send(a_parcel())
    (letter,) = server.taken
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"] == "Fri, 01 May 2026 12:01:00 +0000"
    assert letter["X-Weir-Delivery"] == "161:1:193"


async def test_no_name_can_add_a_header_or_a_recipient():
    hostile = "x\r\nBcc: thief@evil.example\r\n\r\n<script>alert(1)</script>\u2028y"
    parcel = a_parcel(alert=an_alert(title=hostile), sensor_name=hostile, municipality_name=hostile)
    async with a_mail_server() as server:
        await a_messenger(server).send(parcel)
    (letter,) = server.taken
    assert server.envelopes == [("weir@works.example", ["duty@brookfield.example"])]
    assert letter["Bcc"] is None
    assert len(letter.get_all("Subject")) == 1
    assert "<script>" not in letter.get_body(("html",)).get_content()


@pytest.mark.parametrize(
    "target",
    [
        "duty@brookfield.example\r\nBcc: thief@evil.example",
        "duty@brookfield.example, thief@evil.example",
        "Duty <duty@brookfield.example>",
        "duty",
        "@brookfield.example",
        "",
    ],
)
async def test_what_is_not_one_bare_address_is_refused_for_good_and_nothing_is_sent(target: str):
    async with a_mail_server() as server:
        failed = await refusal(a_messenger(server), a_parcel(channel=a_channel(target=target)))
    assert failed.will_never_work
    assert server.greeted_as == []


async def test_a_letter_that_comes_late_says_so_and_how_the_alert_stands():
    parcel = a_parcel(
        alert=an_alert(status=AlertStatus.IN_PROGRESS),
        change=a_change(at=Instant(NOON - 3 * HOUR)),
    )
    async with a_mail_server() as server:
        await a_messenger(server).send(parcel)
    plain = server.taken[0].get_body(("plain",)).get_content()
    assert "written 3 h 1 min after it happened; the alert is now in progress" in " ".join(
        plain.split()
    )
    assert "What to do" not in plain


async def test_an_acknowledgement_is_told_as_such():
    change = a_change(
        number=2,
        kind=ChangeKind.MOVED,
        before=AlertStatus.OPEN,
        after=AlertStatus.ACKNOWLEDGED,
        note="On my way",
    )
    parcel = a_parcel(alert=an_alert(status=AlertStatus.ACKNOWLEDGED), change=change)
    async with a_mail_server() as server:
        await a_messenger(server).send(parcel)
    (letter,) = server.taken
    assert letter["Subject"].startswith("[CRITICAL] acknowledged: Pressure too low")
    assert "On my way" in letter.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("command", "answer", "permanent"),
    [
        ("RCPT", "550 no such user", True),
        ("RCPT", "451 greylisted", False),
        ("DATA", "554 not wanted", True),
        ("DATA", "452 disk full", False),
        ("MAIL", "550 sender not allowed", False),
        ("MAIL", "421 going down", False),
    ],
)
async def test_only_a_recipient_or_letter_refused_for_good_is_permanent(
    command: str, answer: str, *, permanent: bool
):
    async with a_mail_server(answers={command: answer}) as server:
        failed = await refusal(a_messenger(server), a_parcel())
    assert failed.will_never_work is permanent
    assert failed.problem == answer
    assert server.taken == []


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT", "DATA"])
async def test_a_server_that_dies_half_way_is_worth_another_attempt(command: str):
    async with a_mail_server(deaths={command}) as server:
        failed = await refusal(a_messenger(server), a_parcel())
        assert not failed.will_never_work
        assert server.taken == []
        server.deaths.clear()
        await a_messenger(server).send(a_parcel())
    assert len(server.taken) == 1


async def test_a_server_that_is_away_and_comes_back_gets_the_letter():
    async with a_mail_server() as server:
        await server.stop()
        failed = await refusal(a_messenger(server), a_parcel())
        assert not failed.will_never_work
        await server.start()
        await a_messenger(server).send(a_parcel())
    assert len(server.taken) == 1


async def test_a_server_that_says_nothing_is_left_after_the_deadline():
    async with a_mail_server(stalls={"RCPT"}) as server:
        failed = await refusal(a_messenger(server, total_seconds=0.1), a_parcel())
    assert not failed.will_never_work


async def test_a_server_that_dies_after_taking_the_letter_has_taken_it():
    async with a_mail_server(deaths={"QUIT"}) as server:
        await a_messenger(server).send(a_parcel())
    assert len(server.taken) == 1


async def test_a_server_that_stalls_after_taking_the_letter_has_taken_it():
    async with a_mail_server(stalls={"QUIT"}) as server:
        await a_messenger(server).send(a_parcel())
    assert len(server.taken) == 1


async def test_it_signs_in_where_told_and_a_wrong_password_can_be_mended():
    async with a_mail_server(login=("weir", "right")) as server:
        wrong = await refusal(a_messenger(server, username="weir", password="no"), a_parcel())
        await a_messenger(server, username="weir", password="right").send(a_parcel())
    assert not wrong.will_never_work
    assert len(server.taken) == 1


async def test_starttls_does_not_go_on_in_the_clear():
    async with a_mail_server() as server:
        failed = await refusal(a_messenger(server, tls="starttls"), a_parcel())
    assert not failed.will_never_work
    assert server.taken == []


async def test_starttls_verifies_the_certificate(tmp_path: Path):
    theirs, ours = server_and_client(tmp_path)
    settings = {"tls_context": theirs, "require_starttls": True}
    async with a_mail_server(settings=settings) as server:
        stranger = await refusal(a_messenger(server, tls="starttls"), a_parcel())
        await a_messenger(server, tls="starttls", tls_context=ours).send(a_parcel())
    assert not stranger.will_never_work
    assert len(server.taken) == 1


async def test_another_municipalitys_channel_gets_only_its_own():
    ours = a_parcel()
    theirs = of(ours, THERE, target="duty@ashford.example")
    async with a_mail_server() as server:
        messenger = a_messenger(server)
        await messenger.send(ours)
        await messenger.send(theirs)
    assert [to for _, to in server.envelopes] == [
        ["duty@brookfield.example"],
        ["duty@ashford.example"],
    ]
    assert "Ashford" not in str(server.taken[0])
    assert "Brookfield" not in str(server.taken[1])


async def test_a_password_is_not_shown_where_options_are_logged():
    async with a_mail_server() as server:
        options = MailOptions(host="h", port=server.port, password="s3cret")
    assert "s3cret" not in repr(replace(options))
