"""Named points at which a test may kill this process; in ordinary use they do nothing.

`FRONTDESK_FAILPOINT=leased:3` kills the process the third time it passes `leased`, with SIGKILL.
"""

import os
import signal
from itertools import count

_name, _, _at = os.environ.get("FRONTDESK_FAILPOINT", "").partition(":")
_passes = count(1)


def reach(name: str) -> None:
    """Die here, if a test asked for it."""
    if name == _name and next(_passes) == int(_at or 1):
        os.kill(os.getpid(), signal.SIGKILL)
