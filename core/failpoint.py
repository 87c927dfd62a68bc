"""Named points at which a test may kill this process; in ordinary use they do nothing.

`FRONTDESK_FAILPOINT=leased:3` kills the process the third time it passes `leased`, with SIGKILL. The points,
in the order in which one message passes them:

- `verified`: its event is known to be genuine and has been read;
- `committed_not_acked`: it stands in the inbox, the platform does not know yet;
- `acked`: the platform has been told;
- `leased`: its conversation is ours;
- `outbox_committed`: its answer is written down;
- `marked_sending`, `platform_accepted`, `id_stored`: before and after the call that puts its post up, and
  when the id of that post is kept (for a post that shows the answer as it grows, all that comes first);
- `settled`, `sent`: the post shows the whole answer, and that is written down.

In the order in which an answer passes them that a worker writes, in the worker and in the core: `asked` and
`enqueued` (core: before and after it stands in the queue), `pulled` and `claimed` (worker: it has it, and the
core knows), `piece_sent` (worker) and `piece_taken` (core), `end_taken` (core: the worker does not know that
it has the end), `end_sent` (worker: the queue does not know).

And in the order in which a person is erased: `files_gone`, `documents_gone` (from the knowledge base, whose
log still has them), `traces_gone` (from there, too), `keys_gone`, `rows_gone`, `log_cleared`. And when a
store is moved: `copied` (some rows of a table).
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
