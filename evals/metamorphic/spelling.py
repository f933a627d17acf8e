"""British and American spelling, contractions written out and drawn together. Pure.

Only words whose meaning is sure to stay: `check` and `program` are left alone.
"""

import re
from collections.abc import Mapping

_BRITISH_STEMS = {
    "behaviour": "behavior", "colour": "color", "favour": "favor", "flavour": "flavor",
    "harbour": "harbor", "honour": "honor", "labour": "labor", "neighbour": "neighbor",
    "rumour": "rumor", "centred": "centered", "centring": "centering", "centre": "center",
    "catalogue": "catalog", "judgement": "judgment", "ageing": "aging", "grey": "gray",
    "defence": "defense", "offence": "offense", "labelled": "labeled", "labelling": "labeling",
    "modelled": "modeled", "modelling": "modeling", "travelled": "traveled",
    "travelling": "traveling", "traveller": "traveler", "cancelled": "canceled",
    "cancelling": "canceling", "signalled": "signaled", "signalling": "signaling",
    "totalled": "totaled", "analysed": "analyzed", "analysing": "analyzing",
    "analyse": "analyze", "fulfilment": "fulfillment",
}  # fmt: skip
_ISE = (
    "anonym author binar capital categor central character critic custom digit discret emphas final"
    " formal general hypothes initial item local maxim memor minim mobil monet normal optim organ"
    " parallel penal personal priorit pseudonym quant random real recogn regular serial special"
    " stabil standard summar synchron token util vector visual"
).split()
_PREFIX = r"\b((?:un|re|de|over|mis)?"
_ENDING = r"(?=(?:e|es|ed|er|ers|ing|ation|ations|able)\b)"
_STEM = f"{_PREFIX}(?:{'|'.join(_ISE)})i)"
_IS, _IZ = (re.compile(f"{_STEM}{sign}{_ENDING}", re.IGNORECASE) for sign in "sz")

_EXPANDED = (
    (re.compile(r"\b(c)an't\b", re.IGNORECASE), r"\1annot"),
    (re.compile(r"\b(w)on't\b", re.IGNORECASE), r"\1ill not"),
    (re.compile(r"\b(sh)an't\b", re.IGNORECASE), r"\1all not"),
    (re.compile(r"(\w)n't\b"), r"\1 not"),
    (re.compile(r"\b(let)'s\b", re.IGNORECASE), r"\1 us"),
    (re.compile(r"\b(it|that|there|here|what)'s (been|got)\b", re.IGNORECASE), r"\1 has \2"),
    (re.compile(r"\b(it|that|there|here|what|he|she)'s\b", re.IGNORECASE), r"\1 is"),
    (re.compile(r"\b(I|we|you|they|he|she|it)'d better\b", re.IGNORECASE), r"\1 had better"),
    (re.compile(r"\b(I|we|you|they|he|she|it|that)'d\b", re.IGNORECASE), r"\1 would"),
    (re.compile(r"\b(I)'m\b"), r"\1 am"),
    (re.compile(r"\b(I|we|you|they|it|that)'ll\b", re.IGNORECASE), r"\1 will"),
    (re.compile(r"\b(we|you|they)'re\b", re.IGNORECASE), r"\1 are"),
    (re.compile(r"\b(I|we|you|they)'ve\b", re.IGNORECASE), r"\1 have"),
)
_CONTRACTED = (
    (re.compile(r"\b(ca)nnot\b", re.IGNORECASE), r"\1n't"),
    (re.compile(r"\b(w)ill not\b", re.IGNORECASE), r"\1on't"),
    (
        re.compile(
            r"\b(do|does|did|is|are|was|were|has|have|had|would|should|could) not\b", re.IGNORECASE
        ),
        r"\1n't",
    ),
    (re.compile(r"\b(I|we|you|they) would\b", re.IGNORECASE), r"\1'd"),
    (re.compile(r"\b(I|we|you|they|it) will\b", re.IGNORECASE), r"\1'll"),
    (re.compile(r"\b(I) am\b"), r"\1'm"),
    (re.compile(r"\b(we|you|they) are\b", re.IGNORECASE), r"\1're"),
    (re.compile(r"\b(it|that|there) is\b(?! not)", re.IGNORECASE), r"\1's"),
)


def american(text: str) -> str:
    """The text in American spelling."""
    return _IS.sub(_z, _replaced(text, _BRITISH_STEMS))


def british(text: str) -> str:
    """The text in British spelling."""
    return _IZ.sub(_s, _replaced(text, {new: old for old, new in _BRITISH_STEMS.items()}))


def expanded(text: str) -> str:
    """Contractions written out; a `'d` becomes `would`."""
    text = text.replace("\u2019", "'")
    for pattern, words in _EXPANDED:
        text = pattern.sub(words, text)
    return text


def contracted(text: str) -> str:
    """The commonest pairs of words drawn together."""
    for pattern, words in _CONTRACTED:
        text = pattern.sub(words, text)
    return text


def _z(found: re.Match[str]) -> str:
    return found[1] + ("Z" if found[0].isupper() else "z")


def _s(found: re.Match[str]) -> str:
    return found[1] + ("S" if found[0].isupper() else "s")


def _replaced(text: str, stems: Mapping[str, str]) -> str:
    pattern = rf"\b(?:{'|'.join(sorted(stems, key=len, reverse=True))})"

    def cased(found: re.Match[str]) -> str:
        word = stems[found[0].lower()]
        if found[0].isupper():
            return word.upper()
        return word.capitalize() if found[0][0].isupper() else word

    return re.sub(pattern, cased, text, flags=re.IGNORECASE)
