"""What is wrong with a form's order, in the words of the form. Pure."""

from collections.abc import Mapping
from pathlib import Path

from agent.errors import FileError, InputError

_PLAINER = {
    "input should be a valid number, unable to parse string as a number": (
        "write a number such as 2.50"
    ),
    "input should be a valid integer, unable to parse string as an integer": "write a whole number",
}
"""What a check of types says of a field, and what it asks for."""


def order_fault(error: InputError, fields: Mapping[str, str]) -> str:
    """The fault, with the order's field named as the form names it in `fields`."""
    if isinstance(error, FileError) and error.path == Path("order"):
        name = error.where.partition("[")[0].partition(".")[0]
        where = fields.get(name, error.where)
        remedy = error.remedy
        for said, plain in _PLAINER.items():
            remedy = remedy.replace(said, plain)
        return f"{where}: {error.problem}; {remedy}" if where else error.problem
    return str(error)
