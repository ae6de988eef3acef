"""One form for what clients of different makes hand out.

A batch becomes {"results": [{"columns": [names], "rows": [[cells]]}], "messages": [[number, class, text]]}; a cell becomes
null or a text with its kind in front. Times are cut to milliseconds and decimals rounded to 14 digits: not every client has more.
"""

import datetime
import decimal
import uuid


def cell(value):
    """A value of Python's, as pymssql and python-tds give it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "bit:1" if value else "bit:0"
    if isinstance(value, (int, float, decimal.Decimal)):
        return number(value)
    if isinstance(value, uuid.UUID):
        return f"guid:{value}"
    if isinstance(value, datetime.datetime):
        return "time:" + value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03}"
    if isinstance(value, (bytes, bytearray)):
        return "bytes:" + bytes(value).hex()
    if isinstance(value, str):
        return "text:" + value
    raise TypeError(f"no form for {type(value)}")


def number(value):
    if isinstance(value, int) and abs(value) < 2**53:
        return f"number:{value}"
    number = float(value)
    return f"number:{int(number)}" if number.is_integer() and abs(number) < 2**53 else f"number:{number:.13e}"
