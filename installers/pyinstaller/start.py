"""Where the executable begins."""
# ruff: noqa: TID251 - this is before there is a configuration

import os
import sys
from pathlib import Path

# Before anything loads SpatiaLite: PROJ reads these once, and somebody else's data do not fit our PROJ.
_PROJ = str(Path(sys.prefix) / "spatialite")
os.environ["PROJ_DATA"] = os.environ["PROJ_LIB"] = _PROJ
os.environ["PROJ_NETWORK"] = "OFF"

# The bootloader lets libraries be found in here; a browser or mail program that Weir starts must not.
_found_before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
if _found_before is not None:
    os.environ["LD_LIBRARY_PATH"] = _found_before
else:
    os.environ.pop("LD_LIBRARY_PATH", None)

from appliance.cli.main import main  # noqa: E402 - what is above must come first

if __name__ == "__main__":
    sys.exit(main())
