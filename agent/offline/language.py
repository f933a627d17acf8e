"""Whether a text is English, which is all that the offline engine can read.

A judgement by the commonest words of a few languages and by script; not a language detector.
"""

from agent.offline.text import FUNCTION_WORDS, sentences

_MIN_WORDS = 8
_FOREIGN = (
    frozenset(
        """
    der die das und ist nicht ein eine einen wir ich mit für auf den dem des werden würde sich auch
    oder wenn wie als von zu bei nach über haben kann
    le la les et est pas une nous je avec pour sur dans qui que des du au aux serait ou comme par
    el los las y es no una nosotros yo con para en que del al sería o como por se más pero
    il gli e è non una noi io con per su nel che della del sarebbe come più ma
    o os as e é não uma nós eu com para em que da do seria ou como por mais mas
    de het een en is niet wij ik met voor op van zou als ook maar naar
    och är inte vi jag med för på av som det ett att
    nie jest się na że do i w z to jak oraz
    """.split()
    )
    - FUNCTION_WORDS
    - {"i", "to", "as", "no", "do", "is", "in"}
)


def is_unreadable(text: str) -> bool:
    """True if the text is long enough to tell and is not English.

    Lists of English terms, which hold few function words, pass as English.
    """
    words = [word for sentence in sentences(text) for word in sentence.words]
    if len(words) < _MIN_WORDS:
        # Scripts without spaces make few "words" of many characters.
        return len(text.strip()) >= _MIN_WORDS and _share_beyond_latin(text) > 0.5
    if _share_beyond_latin(text) > 0.5:
        return True
    english = sum(word in FUNCTION_WORDS for word in words)
    foreign = sum(word in _FOREIGN for word in words)
    return foreign > english and foreign / len(words) > 0.12


def _share_beyond_latin(text: str) -> float:
    letters = [char for char in text if char.isalpha()]
    return sum(ord(char) > 0x24F for char in letters) / len(letters) if letters else 0.0
