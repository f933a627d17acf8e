"""What is wrong with a form's order, in the words of the form. Pure."""

from collections.abc import Mapping
from pathlib import Path

from agent.errors import FileError, InputError


def order_fault(error: InputError, fields: Mapping[str, str]) -> str:
    """The fault, with the order's field named as the form names it in `fields`."""
    if isinstance(error, FileError) and error.path == Path("order"):
        name = error.where.partition("[")[0].partition(".")[0]
        where = fields.get(name, error.where)
        return f"{where}: {error.problem}; {error.remedy}" if where else error.problem
    return str(error)
