"""Does the certificate hold, and for the names under which people come?"""

from typing import Final

from appliance.domain.instant import DAY, text
from appliance.health.base import Issue, Surroundings
from appliance.ports.listening import ServedCertificate

SOON: Final = 14 * DAY
_GIVEN: Final = "put a new one into the files of --tls-cert and --tls-key; Weir reads it by itself"
_OWN: Final = "Weir renews it by itself; see that its clock is right and that its disk has room"


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
    hint = _OWN if served.own else _GIVEN
    if now < served.valid_from:
        begins = f"the TLS certificate is valid from {text(served.valid_from)} only"
        return [Issue("tls_certificate", "critical", begins, "see that Weir's clock is right")]
    if now >= served.valid_until:
        ended = f"the TLS certificate ended at {text(served.valid_until)}: nobody can connect"
        return [Issue("tls_certificate", "critical", ended, hint)]
    if now >= served.valid_until - SOON:
        ends = f"the TLS certificate ends at {text(served.valid_until)}"
        return [Issue("tls_certificate", "high", ends, hint)]
    return []


def _names(served: ServedCertificate) -> list[Issue]:
    if not served.unmatched:
        return []
    what = f"the TLS certificate is not for {', '.join(served.unmatched[:5])}"
    hint = "have one made for these names, or correct --tls-names and --public-url"
    return [Issue("tls_certificate", "high", what, hint)]


def _change(served: ServedCertificate) -> list[Issue]:
    if not served.problem:
        return []
    what = f"a new TLS certificate could not be taken: {served.problem}"
    return [Issue("tls_certificate", "high", what, "correct that; the one of before is served on")]
