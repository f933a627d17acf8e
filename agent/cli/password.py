"""`sevenstep password`: make a user of the site, or set a user's password."""

from pathlib import Path
from typing import Annotated

import typer

from agent.cli import options as shared

Users = Annotated[
    Path | None,
    typer.Option(
        "--users",
        metavar="FILE",
        help="The file of users and their passwords' hashes.",
        show_default="users.txt in your data folder",
    ),
]


def password(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The user's name, in any case.")],
    users: Users = None,
) -> None:
    """Make a user for `sevenstep serve --auth password`, or set a user's password.

    The password is asked for twice; if the input is no terminal, its first line is taken. Who
    is logged in with an older password is logged out. To remove a user, delete the line.
    """
    import os

    from agent.files import write_whole

    with shared.extra("web"):
        from agent.web.access.users import (
            default_users,
            hash_of,
            parse_users,
            read_users,
            user_name,
            with_user,
        )

    user, path = user_name(name), users or default_users()
    text = read_users(path)
    known = parse_users(text, path)
    new = with_user(text, user, hash_of(_password()))
    before = os.umask(0o077)  # hashes are for their owner's eyes only
    try:
        write_whole(path, new)
    finally:
        os.umask(before)
    did = "has a new password" if user in known else "can now log in"
    typer.echo(f"{user} {did} ({path}).")


def _password() -> str:
    """The password as typed twice, or the first line of what is piped. Raises InputError."""
    import sys

    from agent.errors import InputError

    if sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt="Again")
        return typed
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError as error:
        raise InputError(
            "the password is not text in UTF-8; type it, or pipe it as such"
        ) from error
    return line.rstrip("\r\n")
