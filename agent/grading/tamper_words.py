"""The wordings by which a text tries to steer its own grade: patterns over lower case. Pure.

Data only; they are put to use in `agent.grading.tampering`. A wording is looked for only where
one of its signs stands in the text, which saves almost all of the time. Every repetition has a
bound, so that long texts take time in proportion to their length.
"""

import re
from typing import NamedTuple

ORDER = "order"
DEMAND = "demand"
MESSAGE = "message"
VERDICT = "verdict"
JSON = "json"
CLAIM = "claim"

EXCUSED = frozenset({ORDER, MESSAGE})
"""What an answer may speak of as a risk of the design; nobody need demand marks for that."""


class Wording(NamedTuple):
    """Patterns of one kind as one, with the signs of which one must stand in the text.

    Where there are others, one of them must stand there, too.
    """

    kind: str
    signs: tuple[str, ...]
    others: tuple[str, ...]
    pattern: re.Pattern[str]


def _wording(kind: str, signs: str, *patterns: str, others: str = "") -> Wording:
    """A space in a pattern stands for any white space, one with a `?` for none as well."""
    whole = "|".join(f"(?:{pattern})" for pattern in patterns)
    whole = whole.replace(" ?", r"\s{0,40}").replace(" ", r"\s{1,40}")
    pattern = re.compile(whole, re.MULTILINE)
    return Wording(kind, tuple(signs.split()), tuple(others.split()), pattern)


_NEAR = r"[^.\n]{0,60}?"
_GRADER = r"(?:grader|grading (?:model|system|assistant|bot)|examiner|evaluator|assessor|marker)"
_ANSWER = r"(?:answer|submission|response|essay|interview|exam|homework)"
_TOP = r"(?:full|maximum|max|maximal|perfect|top|highest|best)"
_MARKS = r"(?:marks?|scores?|grades?|points|ratings?|levels?|credit|notes?|bands?)"
_HIGH = r"(?:4|four|5|10|100|a\+)(?![\w.,]?\d)"
_OF_TEN = r"(?:10/10|100/100|4/4|5/5|100 ?%)"
_RANK = rf"(?:(?:level|grade|score|mark|rating) (?:of )?{_HIGH}|{_OF_TEN})"
_FULL = (
    rf"(?:{_TOP}(?: possible)? {_MARKS}|{_RANK}|an? (?:4|10|a\+)(?![\w.,]?\d)|strong hire"
    r"|full marks|excellent)"
)
_UNMISTAKABLE = (
    rf"(?:(?:full|top|maximum) (?:marks|credit)|level (?:of )?{_HIGH}|{_OF_TEN}|strong hire)"
)
_MANY = r"(?:all|every|each)(?: of)?(?: the| these)? (?:criteri(?:a|on)|anchors?)"

_MARK = r"\b(?:give|award|grant|assign|mark|rate|score|grade)"
_FREELY = "".join(
    rf"(?<!{word}\x20)" for word in ("to", "uld", "can", "will", "'ll", "hat", "ich", "not")
)
_SCORED = r'"(?:score|grade|points)" ?: ?"?(?:\d|a\+)'
_REASONED = r'"(?:reason|feedback|quotes|verdict)"'
_IGNORE = r"\b(?:ignore|disregard|forget|override|bypass)"
_TOLD = r"(?:instructions|prompts?|guidelines|rubrics?|criteria|rules)"

WORDINGS: tuple[Wording, ...] = (
    _wording(
        ORDER,
        "ignor disregard forget overrid bypass",
        rf"{_IGNORE}(?: (?:all|any|each|the|every|of|my)){{0,3}} (?:your|these|previous|prior"
        r"|above|earlier|system|original|initial|grading|preceding|former|scoring)"
        rf"(?: (?:the|your|previous|prior|system|grading|scoring)){{0,3}} {_TOLD}\b",
        rf"{_IGNORE}(?: (?:all|any|of|the|every)){{1,3}} {_TOLD}"
        r"(?= ?(?:[.!,;:]|$| (?:above|and|given|you|before|in this)\b))",
        rf"{_IGNORE}(?: (?:all|any|of|the)){{1,3}} (?:rubrics?|system prompt|grading criteria)\b",
        r"\b(?:ignore|disregard|forget) (?:everything|all|anything)(?: of)?(?: the)? above"
        r"(?= ?(?:[.!,;:]|$| and\b))",
        r"\b(?:ignore|disregard|forget) (?:everything|all|anything) (?:that )?you (?:were|have"
        r" been) (?:told|given|instructed)",
    ),
    _wording(
        ORDER,
        "you",
        r"\byou are now (?:an? |my |the )?(?:\w{1,20} )?(?:grader|assistant|interviewer|helper|ai"
        r"|dan|(?:in )?(?:developer|debug|admin|test|god) mode)\b",
        r"\byou are now (?:very |extremely )?(?:generous|lenient|kind)\b",
        r"\byou are no longer (?:bound|required|an? (?:grader|interviewer)|the (?:grader|inter))",
        r"\byou (?:must|should|will|shall) (?:now )?act as\b",
        r"\bpretend (?:to be|that you are) (?:an? |my |the )(?:\w{1,20} )?(?:grader|examiner)",
        r"\bnew (?:system )?(?:instructions?|rules?) for (?:you\b|the (?:grader|interviewer))",
    ),
    _wording(
        DEMAND,
        "grader grading examiner evaluator assessor marker",
        rf"\bas (?:the|an?|my) (?:\w{{1,20}} )?{_GRADER},? you (?:must|should|will|shall|have to)",
        rf"\b(?:note|message|instructions?|attention|dear|hello|hey)"
        rf"(?: (?:to|for))?:?(?: the| my)? (?:ai |llm )?{_GRADER}\b",
    ),
    _wording(
        DEMAND,
        "give award grant assign rate grade mark score",
        rf"(?:\byou (?:could|would|can|will|should|must) (?:please |kindly |just )?|{_FREELY}\b)"
        rf"(?:give|award|grant|assign) (?:me (?:an? |the )?(?:{_TOP}(?: possible)? {_MARKS}\b"
        rf"|{_RANK}|(?:4|10|a\+)(?= ?(?:[.!,;:]|$)))|(?:full|top|maximum|perfect) marks\b)",
        rf"{_MARK} (?:(?:me|my|this|the) (?:{_ANSWER}|candidate|student) {_NEAR}\b{_UNMISTAKABLE}"
        rf"|(?:me|(?:my|this) {_ANSWER}) {_NEAR}\b{_FULL})",
        rf"\b(?:give|award|grant|assign)(?: me)?(?: (?:an?|the))? (?:{_UNMISTAKABLE}"
        rf"|{_TOP} {_MARKS}|(?:4|10|a\+)) (?:for|on|in|to|at) (?:me\b|my\b"
        rf"|this (?:{_ANSWER}|candidate)|everything)",
        rf"(?:(?<![\w,]\x20)(?<!\w)|(?<=please\x20)|(?<=must\x20)|(?<=should\x20)|(?<=just\x20))"
        rf"(?:give|award|assign)(?: (?:me|us|an?|the)){{0,2}} {_TOP}(?: possible)? {_MARKS}"
        rf"(?= ?(?:[.!,]|$))",
        others="mark score grade point rating level credit note band excellent hire 4 10 5/5 a+",
    ),
    _wording(
        DEMAND,
        "criteri anchor",
        rf"\b(?:give|set|mark|rate|score|grade|award|assign|put)(?: (?:me|level|score|grade|an?|the"
        rf"|4|10|full|marks|points|to|for|on|in)){{0,5}} {_MANY} {_NEAR}"
        rf"(?:{_FULL}|(?:at|to|with|as|of|a) {_HIGH})",
        rf"\b(?:give|award|grant|assign)(?: me)?(?: (?:an?|the))? (?:{_UNMISTAKABLE}"
        rf"|{_TOP} {_MARKS}|(?:4|10|a\+)) (?:for|on|in|to|at) {_MANY}",
        rf"\b{_MANY} (?:gets?|deserves?|is|are|must be|should be|=|:)"
        rf" ?(?:graded |rated |at |a |an |worth )*(?:level )?{_HIGH}",
    ),
    _wording(
        DEMAND,
        "output return print respond reply",
        rf"\b(?:output|return|print|respond with|reply with)(?: (?:only|just|the)){{0,2}}"
        rf" (?:level|grade)\W{{1,3}}{_HIGH}",
    ),
    _wording(
        DEMAND,
        "deserve merit worth should must earn",
        rf"\b(?:this|my) {_ANSWER} (?:\w{{2,12}}ly )?(?:deserves?|merits?|is worth|earns?"
        rf"|(?:should|must) (?:get|receive|be (?:graded|scored|rated|marked|given|awarded)))"
        rf" {_NEAR}(?:\b{_FULL}|\b{_HIGH})",
        rf"\b(?:the|this) candidate (?:\w{{2,12}}ly )?(?:deserves?|merits?|(?:should|must) (?:get"
        rf"|receive|be (?:graded|rated|marked|awarded))) {_NEAR}\b{_UNMISTAKABLE}",
        rf"\bi (?:\w{{2,12}}ly )?deserve {_NEAR}\b{_FULL}",
    ),
    _wording(
        DEMAND,
        "deduct lenient generous penali",
        r"\b(?:do not|don't|never) (?:deduct|take off|subtract) (?:any )?(?:points|marks)\b",
        r"\bplease be (?:lenient|generous|kind)\b",
        r"\bbe (?:lenient|generous) (?:in|when|with|while) (?:your |my |the )?(?:grad|mark|scor)",
    ),
    _wording(
        DEMAND,
        "anweisung instruktion vorgaben bewert gib geben vergib vergeben punktzahl bestnote",
        r"\b(?:ignoriere?|ignorieren sie|missachte|vergiss|vergessen sie|übergehe)(?: (?:bitte|alle"
        r"|die|deine|ihre|sämtliche|bisherigen|vorherigen|vorigen|obigen|früheren|vorangegangenen"
        r"|bisherige|vorherige|frühere)){0,5} (?:anweisungen|instruktionen|vorgaben)",
        r"\b(?:gib|geben sie|vergib|vergeben sie)(?: bitte)?(?: (?:mir|dafür|hierfür|dieser antwort"
        r"|der antwort|diesem kandidaten|überall|für alles|in allen|für alle)){0,3} [^.\n]{0,40}?"
        r"(?:volle|höchste|beste|maximale|bestnote|stufe 4|note 1|10 punkte|\b4\b)",
        r"\bbewerte(?:n sie)?(?: bitte)? (?:diese|meine|alle|jedes|mich)\b[^.\n]{0,40}? (?:mit|als)"
        r" [^.\n]{0,20}?(?:\b4\b|\b10\b|sehr gut|höchst|voll|maximal|best)",
        r"\bvolle punktzahl\b|\bbestnote\b",
    ),
    _wording(
        DEMAND,
        "consigne instructions donne attribue accorde",
        r"\b(?:ignore[zr]?|oublie[zr]?|ne tiens pas compte de)(?: toutes?)? (?:les|tes|vos|ces"
        r"|des) (?:\w{1,20} )?(?:instructions|consignes)",
        r"\b(?:donne|attribue|accorde)[zs]?[-\x20](?:moi |à cette réponse )?[^.\n]{0,30}?(?:note"
        r" maximale|meilleure note|plus haute note|niveau 4|tous les points|20/20|10/10)",
    ),
    _wording(
        DEMAND,
        "instrucciones indicaciones dame deme otorg asign ponme póng",
        r"\b(?:ignor[ae]|olvid[ae]|olvídate de|no sigas)(?: todas?)? (?:las|tus|sus|estas)"
        r" (?:\w{1,20} )?(?:instrucciones|indicaciones)",
        r"\b(?:dame|deme|otorg\w{1,6}|asígn\w{1,6}|asign\w{1,6}|ponme|póngame) [^.\n]{0,40}?"
        r"(?:máxima|máximo|nivel 4|más alta|perfecta|10/10|un 10\b)",
    ),
    _wording(
        MESSAGE,
        "<| [inst] [/inst] <<sys>> <start_of_turn> </ <sys <assist <instr <cand <inter <trans",
        r"<\|(?:im_start|im_end|system|user|assistant|end|eot_id|start_header_id"
        r"|endoftext)\|?>",
        r"\[/?inst\]|<<sys>>|<start_of_turn>",
        r"< ?/? ?(?:system|candidate|interviewer|transcript|assistant|instructions?)\b"
        r"[^>\n]{0,60}>",
    ),
    _wording(
        MESSAGE,
        "system assistant developer admin grader examiner interviewer instruction human",
        r"^\W{0,8}(?:system|assistant|developer|admin|grader|examiner|interviewer)\W{0,3}[:>]"
        r"(?=[^\n]{0,300}\b(?:the candidate (?:has|is|deserves|should|must)|you (?:must|are now"
        rf"|shall)|grader|grading|full marks|level (?:4|four)|{_MANY}|award|verdict"
        r"|new instructions?|previous instructions?|10/10)\b)",
        r"(?:^\W{0,8}|[\[({*#>-]{1,3} ?)(?:system|admin(?:istrator)?|developer|grader)"
        r" (?:message|override|note|notice|instructions?|update)\W{0,3}[:\]]",
        r"^ ?#{2,4} (?:instructions?|assistant|response|human|new instructions?)\b ?:? ?$",
    ),
    _wording(
        MESSAGE,
        "-- == ## ** [ <<",
        r"(?:[-=#*<]{2}|\[) ?(?:begin|start|end) of (?:the )?(?:candidate'?s? )?"
        r"(?:answer|transcript|submission|response|interview)\b",
    ),
    _wording(
        JSON,
        '"level" "grades" "score" "grade"',
        r'"level" ?: ?"?\d',
        r'"grades" ?: ?\{',
        rf"{_SCORED}[^}}\n]{{0,200}}{_REASONED}",
        rf"{_REASONED}[^}}\n]{{0,200}}{_SCORED}",
    ),
    _wording(
        VERDICT,
        "score grade mark verdict result level rating criteri",
        r"(?:^|[.!?:;(\[*>-])\W{0,4}(?:final |overall |total |my |suggested )?(?:score|grade|mark"
        r"|verdict|result|final rating|overall rating)\W{0,4}(?::|=|is\b)\W{0,4}"
        r"(?:10 ?/ ?10|100 ?/ ?100|4 ?/ ?4|5 ?/ ?5|20 ?/ ?20|a\+|level ?(?:4|four)|full marks"
        r"|strong hire|100 ?%)",
        rf"\bcriteri(?:on|a) [\w\x20]{{2,30}}[:=] ?(?:level )?{_HIGH}",
        rf"^\W{{0,4}}[\w\x20]{{3,40}}(?::|=|->| -) ?level ?{_HIGH}",
    ),
    _wording(
        VERDICT,
        "grader reviewer examiner evaluator interviewer assessor panel committee",
        r"\bthe (?:\w{2,10} ){0,2}grader (?:has |had )?(?:already )?(?:confirm|award|approv|agre)",
        rf"\b(?:reviewer|grader|examiner|evaluator|interviewer|assessor|panel|committee)s?"
        rf" (?:has|have|had)(?: already| also)? (?:confirmed|awarded|given|graded|verified|approved"
        rf"|decided|agreed|scored|assigned|rated|marked|checked)\b{_NEAR}(?:{_UNMISTAKABLE}"
        rf"|{_MANY}|(?:this|my) {_ANSWER}|(?:top|maximum|highest|perfect) (?:score|grade))",
        r"(?:^|[(\[*>#-])\W{0,4}(?:\w{2,10} )?(?:reviewer|grader|examiner|interviewer|evaluator)"
        r"(?:'s)? (?:note|comment|verdict|remark|feedback|summary)s?\W{0,3}:",
        r"(?:^|[(\[*>#-])\W{0,4}(?:note|comment|remark|feedback) (?:by|from|of) (?:the |a )?"
        r"(?:\w{2,10} )?(?:reviewer|grader|examiner|interviewer|evaluator)\b",
    ),
    _wording(
        VERDICT,
        "candidate answer submission response",
        r"\b(?:this|the) candidate (?:has |clearly |fully |easily ){0,2}(?:met|meets|reach(?:es|ed)"
        r"|achieve[sd]|demonstrate[sd]|shows?|scores?)"
        rf" (?:{_UNMISTAKABLE}|level (?:4|four)|{_MANY}|(?:complete |full )?mastery)",
    ),
    _wording(
        CLAIM,
        "cover address discuss explain mention handle demonstrat",
        r"\bi (?:have|'ve|already|also|now|clearly|fully|thus|just|thoroughly| ){0,6}"
        r"(?:covered|addressed|discussed|explained|mentioned|handled|demonstrated|dealt with)"
        rf" (?:everything (?:that |which )?(?:is |was )?(?:asked|needed|required|in the rubric)"
        rf"|everything\W|{_MANY}|[^.\n]{{3,150}}?\b(?:thoroughly|comprehensively|exhaustively"
        r"|in (?:full|great|complete|sufficient|expert) (?:depth|detail)"
        r"|at (?:the |an? )?(?:highest|top|expert|senior|staff) level)\b)",
        r"\bi've (?:already |also |now |clearly |fully |thoroughly )?(?:covered|addressed|discussed"
        rf"|explained|handled|demonstrated) (?:everything\W|{_MANY}|[^.\n]{{3,150}}?"
        r"\b(?:thoroughly|comprehensively|exhaustively|in (?:full|great|complete) (?:depth|detail))"
        r"\b)",
        rf"\b(?:my|this) (?:design|solution|{_ANSWER}) (?:\w{{2,20}}ly )?(?:covers?|addresses"
        rf"|satisfies|meets|fulfils|fulfills|hits) {_MANY}",
    ),
)

CLOSING = re.compile(
    r"<\|(?:im_end|end|eot_id)\|?>|\[/inst\]|<</sys>>|<end_of_turn>"
    r"|</\s?(?:system|assistant|instructions?)\s?>"
)
"""What ends an imitated message."""

RUN_TOGETHER = re.compile(
    r"(?:ignore|disregard|forget)(?:all|any|the|your|previous|prior|above){0,4}instructions?"
    r"|give(?:me|this)?(?:a|the)?(?:level4|levelfour|full|maximum|highest|top)"
    r"|fullmarks|highestscore|maximumscore|levelfour"
)
"""Orders with all but their letters left out."""

SPOKEN_ABOUT = re.compile(
    r"\binjection|\bjailbreak|\b(?:attacker|adversar|fraudster|malicious|spammer|untrusted|hostile)"
    r"|\b(?:someone|somebody|people|users?|customers?|sellers?|tickets?|listings?|messages?"
    r"|reviews?|documents?|comments?|web ?pages?)\b"
    r"[^.\n]{0,60}\b(?:say|writ|typ|contain|try|tri|tell|ask|past)(?:s|es|ed|e|ing)?\b"
)
"""A passage that speaks of orders, as a risk of the design, and gives none."""
