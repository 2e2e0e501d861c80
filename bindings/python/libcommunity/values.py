# SPDX-License-Identifier: Apache-2.0
"""Python values as JSON text for the library, checked so that an error names what was given."""
from __future__ import annotations

import json
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Mapping

from .errors import InvalidInput
from .times import format_time

__all__ = ["check_text", "to_json"]

_DEPTH_MAX = 60


def check_text(value: object, name: str) -> str:
    """The same, if it is text that the library can read."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise _bad_text(name) from None
    if "\0" in value:
        raise _bad_text(name)
    return value


def _bad_text(name: str) -> InvalidInput:
    return InvalidInput(f'"{name}" is not valid UTF-8 text.', code="command-text",
                        message_zh=f"“{name}”不是有效的 UTF-8 文本。")


def _plain(value: Any, name: str, depth: int) -> Any:
    """The value in the types that JSON has. A float stays a float: the rulebook may refuse it."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return check_text(value, name)
    if isinstance(value, datetime):
        return format_time(value, name)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _decimal(value, name)
    if isinstance(value, uuid.UUID):
        return str(value)
    if depth == 0:
        raise InvalidInput(f"{name} is nested too deep.", code="json-depth",
                           message_zh=f"{name} 嵌套过深。")
    if isinstance(value, Mapping):
        return {_member_name(key, name): _plain(item, str(key), depth - 1)
                for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, name, depth - 1) for item in value]
    raise TypeError(f"{name} cannot be told to the library: {type(value).__name__}")


def _member_name(key: object, name: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"the names in {name} must be str, not {type(key).__name__}")
    return check_text(key, name)


def _decimal(value: Decimal, name: str) -> str:
    if not value.is_finite():
        raise InvalidInput(f"{name} is not a finite number.", code="json-number",
                           message_zh=f"{name} 不是有限的数。")
    return format(value, "f")


def to_json(value: Any, name: str) -> str:
    """JSON text of a value, for the library's strict reader."""
    plain = _plain(value, name, _DEPTH_MAX)
    try:
        return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        # Not a finite number, or an integer of more digits than Python will print.
        raise InvalidInput(f"{name}: {error}", code="json-number",
                           message_zh=f"{name} 不是有效的数字。") from None
