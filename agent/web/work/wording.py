"""Messages that speak of the command line, in the words of the page. Pure."""

import re

_COLUMN = r"“Column for \1” under “Reference answer and names of columns”"
_NAMES: tuple[tuple[str, str], ...] = (
    (r"--column (\w+)=\.\.\.", r"the column for \1"),
    (r"--column (\w+)=NAME", _COLUMN),
    (r"--column (\w+)=('[^']*'|[^\s?:;,]+)", r"the column \2 for \1"),
    (r", or name the folder above files of the same name", ""),  # there are no folders here
    (r"name --scenario ID or --prompt TEXT", "choose a scenario or write the question"),
    (r"--max-cost ([\d.]+)", r"the limit of $\1"),
    (r"--max-tokens ([\d,]+)", r"the limit of \1 tokens"),
    (r"--max-cost", "a limit in dollars"),
    (r"--max-tokens", "a limit of tokens"),
    (r"--price IN,OUT", "the price of tokens in and out"),
    (r"--base-url", "the server's address"),
    (r"--model offline", "the offline engine"),
    (r"(?:with )?--model (\S*:NAME)", r"as \1"),
    (r"(?:with )?--model", "the model's name"),
    (r"the same command goes on", "starting it again goes on"),
    (r"^interrupted$", "stopped by you"),
)
_PATTERNS = tuple((re.compile(pattern), words) for pattern, words in _NAMES)


def on_the_page(message: str) -> str:
    """The message on one line, with settings of the page in the place of options."""
    message = " ".join(message.split())
    for pattern, words in _PATTERNS:
        message = pattern.sub(words, message)
    return message
