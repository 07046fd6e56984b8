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
from appliance.domain.languages import Language
from appliance.domain.telling import Parcel
from appliance.outbound import pieces
from appliance.outbound.catalogue import Catalogue, catalogue
from appliance.outbound.pieces import Text
from appliance.outbound.words import Wording

_LONGEST_SUBJECT: Final = 200
_SPOILS_AN_ADDRESS: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029,;<>()\[\]]")

Facts = list[tuple[str, Text]]


def address_of(text: str, name: str = "") -> Address:
    """Read one bare e-mail address; ValueError where it is none, or more than one."""
    local, at, domain = text.rpartition("@")
    if _SPOILS_AN_ADDRESS.search(text) or not (local and at and domain):
        raise ValueError("not an e-mail address")
    return Address(display_name=pieces.one_line(name), addr_spec=text)


def message_id(key: str, domain: str) -> str:
    """Give the Message-ID of a delivery: the same key gives the same id, so copies are seen."""
    return f"<{blake2b(key.encode(), digest_size=16).hexdigest()}@{domain}>"


def compose(parcel: Parcel, sender: Address, public_url: str, now: Instant) -> EmailMessage:
    """Write the letter; ValueError where the channel's target is no e-mail address.

    Nothing that a device, a file or a person named can add a header: every header is one line
    (RFC 5322 section 2.2), and the address is taken only where it is exactly one.
    """
    letter, language = EmailMessage(policy=SMTP), parcel.channel.language
    wording = Wording(parcel, language)
    shown = f"Weir – {parcel.municipality_name}"
    letter["From"] = address_of(sender.addr_spec, shown)
    letter["To"] = address_of(parcel.channel.target)
    letter["Subject"] = pieces.line(wording.subject())[:_LONGEST_SUBJECT]
    letter["Date"] = format_datetime(to_datetime(now))
    letter["Message-ID"] = message_id(parcel.delivery.key, sender.domain)
    # All letters of one alert hang on one thread, whichever of them arrives first (RFC 5322 3.6.4).
    letter["References"] = message_id(f"alert {parcel.alert.id}", sender.domain)
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5: no holiday notes, please
    letter["X-Auto-Response-Suppress"] = "All"
    letter["X-Weir-Delivery"] = pieces.one_line(parcel.delivery.key)
    facts = wording.facts(now, public_url)
    letter.set_content(_plain(language, wording.news(), facts), cte="quoted-printable")
    page = _html(language, wording.news(), facts)
    letter.add_alternative(page, subtype="html", cte="quoted-printable")
    letter["Content-Language"] = language.value  # RFC 3282; a new content would take it away
    return letter


def _plain(language: Language, news: str, facts: Facts) -> str:
    words = catalogue(language)
    width = max(len(_headed(words, heading)) for heading in words.headings.values()) + 1
    lines = [
        fill(
            _headed(words, heading).ljust(width)
            + pieces.plain(text, right_to_left=words.direction == "rtl"),
            76,
            subsequent_indent=" " * width,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for heading, text in facts
    ]
    return "\n".join([f"{news}.", "", *lines, ""])


def _headed(words: Catalogue, heading: str) -> str:
    return words.heading.format(heading=heading)


def _html(language: Language, news: str, facts: Facts) -> str:
    direction = catalogue(language).direction
    side, end = ("left", "right") if direction == "ltr" else ("right", "left")
    # Programs that read mail take away html and body, and what is said of them: it is said twice.
    speaks = f'lang="{language.value}" dir="{direction}"'
    rows = "".join(
        f'<tr><th align="{side}" valign="top" style="padding:4px 0;padding-{end}:16px">'
        f'{escape(heading)}</th><td align="{side}" style="padding:4px 0">{pieces.html(text)}</td></tr>'
        for heading, text in facts
    )
    return (
        f"<!doctype html><html {speaks}><body>"
        f'<div {speaks} style="font-family:sans-serif;font-size:16px">'
        f'<h2 style="font-size:20px">{escape(news)}</h2><table>{rows}</table></div></body></html>\n'
    )
