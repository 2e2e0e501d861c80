# SPDX-License-Identifier: Apache-2.0
"""libcommunity: the engine for community casework.

    import libcommunity

    with libcommunity.open("desk.db", create=True) as desk:
        desk.install(libcommunity.Rulebook.load("city.json"))
        receipt = desk.submit("open", lifecycle="resident-request", actor="p-1",
                              external_id="A-17", data={"subject": "Street lamp out"})
        print(receipt.state, receipt.deadlines)

Rules are data, decisions are explained, and what happened cannot be quietly rewritten. The guide is
docs/python.md.
"""
from . import generated as _generated
from .desk import Answers, Batch, Clock, Desk, Progress, open
from .errors import (Busy, CalendarUnknown, Cancelled, Closed, CommunityError, Conflict, Corrupt,
                     Exists, Forked, InUse, InvalidInput, KeyReused, NoMemory, NotFound, Reason,
                     Refused, StoreFailed, TooNew, Unsupported)
from .records import (CountedDay, Counts, Deadline, Effect, Entry, Explanation, LifecycleCounts,
                      Masked, Option, Receipt, Record, Summary, Verification)
from .rulebook import Rulebook, due, explain

__version__: str = _generated.VERSION

__all__ = [
    "Answers", "Batch", "Busy", "CalendarUnknown", "Cancelled", "Clock", "Closed",
    "CommunityError", "Conflict", "Corrupt", "CountedDay", "Counts", "Deadline", "Desk", "Effect",
    "Entry", "Exists", "Explanation", "Forked", "InUse", "InvalidInput", "KeyReused",
    "LifecycleCounts", "Masked", "NoMemory", "NotFound", "Option", "Progress", "Reason", "Receipt",
    "Record", "Refused", "Rulebook", "StoreFailed", "Summary", "TooNew", "Unsupported",
    "Verification", "due", "explain", "open",
]
