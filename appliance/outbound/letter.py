"""Writes the e-mail of one parcel. Pure: the same parcel at the same time gives the same letter."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import blake2b
from html import escape
from textwrap import fill
from typing import Final

from appliance.domain.instant import Instant, to_datetime
from appliance.domain.telling import Parcel
from appliance.outbound import words

_LONGEST_SUBJECT: Final = 200
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SPOILS_AN_ADDRESS: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029,;<>()\[\]]")


def address_of(text: str, name: str = "") -> Address:
    """Read one bare e-mail address; ValueError where it is none, or more than one."""
    local, at, domain = text.rpartition("@")
    if _SPOILS_AN_ADDRESS.search(text) or not (local and at and domain):
        raise ValueError("not an e-mail address")
    return Address(display_name=_one_line(name), addr_spec=text)


def message_id(key: str, domain: str) -> str:
    """Give the Message-ID of a delivery: the same key gives the same id, so copies are seen."""
    return f"<{blake2b(key.encode(), digest_size=16).hexdigest()}@{domain}>"


def compose(parcel: Parcel, sender: Address, public_url: str, now: Instant) -> EmailMessage:
    """Write the letter; ValueError where the channel's target is no e-mail address.

    Nothing that a device, a file or a person named can add a header: every header is one line
    (RFC 5322 section 2.2), and the address is taken only where it is exactly one.
    """
    letter = EmailMessage(policy=SMTP)
    shown = f"Weir – {parcel.municipality_name}"
    letter["From"] = address_of(sender.addr_spec, shown)
    letter["To"] = address_of(parcel.channel.target)
    letter["Subject"] = _one_line(words.subject(parcel))[:_LONGEST_SUBJECT]
    letter["Date"] = format_datetime(to_datetime(now))
    letter["Message-ID"] = message_id(parcel.delivery.key, sender.domain)
    # All letters of one alert hang on one thread, whichever of them arrives first (RFC 5322 3.6.4).
    letter["References"] = message_id(f"alert {parcel.alert.id}", sender.domain)
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5: no holiday notes, please
    letter["X-Auto-Response-Suppress"] = "All"
    letter["X-Weir-Delivery"] = _one_line(parcel.delivery.key)
    facts = words.facts(parcel, now, public_url)
    letter.set_content(_plain(words.news(parcel), facts), cte="quoted-printable")
    letter.add_alternative(_html(words.news(parcel), facts), subtype="html", cte="quoted-printable")
    return letter


def _one_line(text: str) -> str:
    return _UNSEEN.sub(" ", text).strip()


def _plain(news: str, facts: list[tuple[str, str]]) -> str:
    lines = [
        fill(
            f"{heading + ':':<13}{_one_line(text)}",
            76,
            subsequent_indent=" " * 13,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for heading, text in facts
    ]
    return "\n".join([f"{news}.", "", *lines, ""])


def _html(news: str, facts: list[tuple[str, str]]) -> str:
    rows = "".join(
        f'<tr><th align="left" valign="top" style="padding:4px 16px 4px 0">{escape(heading)}</th>'
        f'<td style="padding:4px 0">{_linked(_one_line(text))}</td></tr>'
        for heading, text in facts
    )
    return (
        '<!doctype html><html><body style="font-family:sans-serif;font-size:16px">'
        f'<h2 style="font-size:20px">{escape(news)}</h2><table>{rows}</table></body></html>\n'
    )


def _linked(text: str) -> str:
    if re.fullmatch(r"https?://\S+", text):
        return f'<a href="{escape(text)}">{escape(text)}</a>'
    return escape(text)
