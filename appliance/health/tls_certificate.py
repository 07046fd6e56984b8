"""Does the certificate hold, and for the names under which people come?"""

from typing import Final

from appliance.domain.instant import DAY, text
from appliance.health.base import Issue, Surroundings
from appliance.ports.listening import ServedCertificate

SOON: Final = 14 * DAY


async def check(surroundings: Surroundings) -> list[Issue]:
    """Give an issue for a certificate that has ended or soon will, or is for other names."""
    served = surroundings.world.trust().served
    if served is None:
        return []
    return [
        *_time(served, surroundings.world.clock.now()),
        *_names(served),
        *_change(served),
    ]


def _time(served: ServedCertificate, now: int) -> list[Issue]:
    if now < served.valid_from:
        return [
            Issue(
                "tls_certificate",
                "critical",
                f"the TLS certificate is valid from {text(served.valid_from)} only",
                "see that the clock of this computer is right",
            )
        ]
    if now < served.valid_until - SOON:
        return []
    has_ended = now >= served.valid_until
    return [
        Issue(
            "tls_certificate",
            "critical" if has_ended else "high",
            f"the end of the TLS certificate is {text(served.valid_until)}; nobody connects after it",
            "Weir renews it by itself: see that its clock is right and its disk has room"
            if served.own
            else "put a new one into the files of --tls-cert and --tls-key; Weir reads it by itself",
        )
    ]


def _names(served: ServedCertificate) -> list[Issue]:
    if not served.unmatched:
        return []
    return [
        Issue(
            "tls_certificate",
            "high",
            f"the TLS certificate is not for {', '.join(served.unmatched[:5])}",
            "have one made for these names, or correct --tls-names and --public-url",
        )
    ]


def _change(served: ServedCertificate) -> list[Issue]:
    if not served.problem:
        return []
    return [
        Issue(
            "tls_certificate",
            "high",
            f"a new TLS certificate could not be taken: {served.problem}",
            "correct that; the certificate of before is served on until its end",
        )
    ]
