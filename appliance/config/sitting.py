"""Does somebody sit at this computer who can be shown a page?"""

import os
import sys

_SOMEWHERE_ELSE = ("SSH_CONNECTION", "SSH_TTY")
_A_SERVICE = ("NOTIFY_SOCKET", "INVOCATION_ID", "KUBERNETES_SERVICE_HOST")


def somebody_sits_here() -> bool:
    """Say whether a browser that is opened now would be seen: no service, no SSH, a display."""
    if any(os.environ.get(name) for name in (*_SOMEWHERE_ELSE, *_A_SERVICE)):
        return False
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
