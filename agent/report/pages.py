"""Which graded answers of a run get a page of their own, and under what name. Pure."""

import hashlib
import re
import unicodedata

from agent.graded import GradedAnswer

FOLDER = "answers"
PAGES = 500
NOTABLE_PAGES = 2_000
_SLUG = 40
_DIGITS = 10


def page_name(answer_id: str) -> str:
    """The page's path below the report, safe on every file system and in every link.

    The hash tells ids apart that read the same, the words before it are for people.
    """
    latin = unicodedata.normalize("NFKD", answer_id).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", latin)[:_SLUG].strip("-") or "answer"
    # A lone surrogate cannot be encoded otherwise, and ids come from anywhere.
    content = hashlib.sha256(answer_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{FOLDER}/{slug}-{content[:_DIGITS]}.html"


def wants_page(graded: GradedAnswer, number: int) -> bool:
    """Whether this answer gets a page, where there are `number` pages already.

    The first ones all do, then those that somebody should look at.
    """
    if number < PAGES:
        return True
    return number < PAGES + NOTABLE_PAGES and is_notable(graded)


def is_notable(graded: GradedAnswer) -> bool:
    """Whether an answer is flagged, not wholly graded, or reviewed."""
    card = graded.scorecard
    is_reviewed = bool(graded.reviews) or any(grade.review for grade in card.criteria)
    return bool(card.flags) or graded.status != "graded" or is_reviewed
