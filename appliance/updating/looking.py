"""Looking whether there is a newer version, where that is allowed. It tells, and installs nothing."""

import json
import urllib.error
import urllib.request
from base64 import b64decode
from dataclasses import dataclass
from typing import Final

from appliance.domain.errors import FileRefused
from appliance.updating.trust import Trust

ABOUT: Final = b"weir latest"
_LONGEST: Final = 64 << 10
_WITHIN: Final = 20.0


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest version that there is."""

    version: str
    platform: str
    package: str
    """Where it is, as its publisher says."""


def look(url: str, trust: Trust) -> Latest:
    """Ask what is newest; FileRefused when nothing signed by who is trusted is there."""
    if not url.startswith(("https://", "http://")):
        raise _refused(url, "it is no address of the web")
    try:
        with urllib.request.urlopen(url, timeout=_WITHIN) as answer:  # noqa: S310 checked above
            content = answer.read(_LONGEST)
        given = json.loads(content)
        said, signature = str(given["latest"]).encode(), b64decode(given["signature"])
        if not trust.has_signed(ABOUT, said, signature):
            raise _refused(url, "nobody whom this Weir trusts has signed what is there")
        found = json.loads(said)
        return Latest(str(found["version"]), str(found["platform"]), str(found["package"]))
    except (OSError, urllib.error.URLError) as error:
        raise _refused(url, f"it can't be reached ({error})") from None
    except (ValueError, KeyError, TypeError):
        raise _refused(url, "what is there is no word about a version") from None


def _refused(url: str, problem: str) -> FileRefused:
    return FileRefused(file=url, problem=problem, remedy="correct --update-url, or do without")
