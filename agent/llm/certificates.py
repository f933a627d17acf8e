"""The certificates that are trusted, read once for all connections of a process.

Reading them takes some 50 ms, in which everybody else waits.
"""

import ssl
from functools import cache

import httpx2


@cache
def certificates() -> ssl.SSLContext:
    """Those that the openai client trusts."""
    return httpx2.create_ssl_context()
