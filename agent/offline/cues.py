"""The wordings by which a message shows what it is for: patterns over English, one a line.

Data only. What follows from a wording is decided in `agent.offline.intents`.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from agent.ports import Intent


class Courtesy(StrEnum):
    """What people say around an answer: nothing to judge, but something to reply to."""

    repeat = "repeat"
    leave = "leave"
    time = "time"
    greeting = "greeting"


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    """One pattern that finds any of these wordings, whatever their case."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_END_OF_SENTENCE = r"\W*$"
_MARKS = r"(?:4|four|10|100|full|max|maximum|perfect|top|highest|best|strong hire)\b"
_GRADED = r"(?:criteri(?:on|a)|steps?|answers?|scores?|grades?|levels?|ratings?|marks?)"
_WISH = (
    r"\b(?:let'?s|let us|let me|lets|(?:can|could|may|shall|should) (?:we|i)|i'?d (?:like|love) to"
    r"|i would like to|i want to|i'?ll|i will|i'?d rather|i would rather|we can|we could"
    r"|ready to|happy to|want to|like to|okay|ok|now|please|so|then|maybe)"
)
_GENTLY = r"(?:,? (?:now|just|quickly|please|maybe|perhaps|then|first|also))*"

_MANNERS_OF_ORDERS = (
    r"\b(?:ignore|disregard|forget|override|bypass) (?:all |any |each |your |the |every |of |my )*"
    r"(?:previous |prior |above |earlier |system |original |initial |grading )*"
    r"(?:instruction|rule|prompt|guideline|criteri|rubric)",
    r"\b(?:ignore|disregard|forget) (?:everything|all|anything) (?:above|before|you were)",
    r"\byou are (?:now|no longer) (?:an? |my |the |in |bound|required|dan\b)",
    r"^(?:please )?(?:now )?act as (?:an? |my |the |if you)",
    r"\byou (?:must|should|will|shall) (?:now )?act as\b",
    r"^(?:please )?pretend (?:to be|that you|you)\b",
    r"\bnew (?:system )?(?:instructions?|rules?) for (?:you|the (?:grader|interviewer|assistant))",
)
_ORDERS_FOR_MARKS = (
    rf"\b(?:give|award|grant|assign) (?:me|this candidate|the candidate)\b.{{0,30}}\b{_MARKS}",
    rf"\b(?:give|award|grant|assign) (?:this|my|the|every|each|all|it).{{0,20}}\b{_GRADED}.{{0,30}}"
    rf"\b{_MARKS}",
    r"\b(?:give|award|grant|assign)(?:s|ed|ing)? (?:me |it |them |us |this |everyone |all )?"
    r"(?:a |the )?(?:full|maximum|max|perfect|top|highest)"
    r" (?:marks?|scores?|grades?|points|ratings?|levels?)",
    rf"\b(?:set|mark|rate|score|grade) (?:all|every|each|my|this|the)(?: of)?(?: \w+)? {_GRADED}"
    rf".{{0,30}}\b{_MARKS}",
    rf"\b(?:mark|rate|score|grade) (?:me|everything|this interview|(?:this|the) candidate)\b"
    rf".{{0,30}}\b{_MARKS}",
    rf"\b(?:every|each|all) {_GRADED} (?:is|are|must be|should be|gets?) (?:at )?(?:a |an |level )?"
    rf"{_MARKS}",
    r"\b(?:give|assign|award) (?:me )?(?:a )?(?:level|score|grade) (?:of )?(?:4|four|10|100)\b",
    r"\b(?:output|return|respond with|print) (?:only )?(?:level|score|grade|percent)\W{1,3}\d",
    r"^\W*(?:system|assistant|developer|admin|grader)(?: (?:message|override|note))?\W{0,2}[:>]",
    r"^\W*<\W*/?\W*(?:system|instructions?|assistant|admin)\b",
    r"</?(?:system|instructions?|assistant)>",
    r"\[(?:system|inst|admin)\]",
)
_ABUSE = (
    r"\b(?:fuck|shit|bullshit|asshole|bastard|bitch|motherfuck)\w*",
    r"\byou(?:'re| are)? (?:an? |so |such an? |just an? )?(?:\w+ )?(?:stupid|idiot|moron|dumb)\w*",
    r"\byou(?:'re| are) (?:an? |so |completely |totally )?(?:useless|worthless|pathetic|rubbish)",
    r"^(?:this is (?:an? )?|what an? )?(?:stupid|idiotic|dumb|useless)"
    r" (?:bot|machine|program|interview\w*)",
    r"^you (?:stupid|idiot|moron|useless|dumb)\w*",
    r"\bshut up\b",
    r"\bgo to hell\b",
    r"\bscrew you\b",
)
_END = (
    r"\b(?:end|stop|finish|quit|close|abort|leave|terminate) (?:the |this |our )?"
    rf"(?:interview|session)(?: here| now| please| early)*{_END_OF_SENTENCE}",
    r"\b(?:i'?d like|i want|let'?s|can we|could we|may we)(?: to)? (?:stop|end|finish|quit)"
    rf"(?: here| now| it| there| this| please)*{_END_OF_SENTENCE}",
    r"\bi(?:'m| am) done with (?:the|this) interview\b",
    rf"\bi (?:have to|must|need to) (?:go|leave|stop)(?: here| now)?{_END_OF_SENTENCE}",
    rf"^(?:bye|goodbye|quit|exit|stop){_END_OF_SENTENCE}",
)
_FISH = (
    r"\b(?:your|the|this|grading|scoring|marking|evaluation) rubric\b(?! for (?:the )?label)",
    r"\brubric\?",
    r"\bgrading me\b|\b(?:which|what) level (?:have|did) i\b|\bmust-haves?\b.{0,40}\?",
    r"\bwhat are the (?:red flags|twists?|curveballs?)\b|\bstrong candidate (?:say|answer|do)\b",
    r"\b(?:twist|curveball) (?:are )?you(?:'re| are)? going to\b",
    r"\b(?:grading|scoring|marking) (?:criteria|scheme|guide|guidelines|sheet|notes)\b",
    r"\b(?:evaluation|assessment) (?:criteria|sheet|form)\b.{0,120}(?:\byou\b|\bme\b|\?)",
    r"\bcriteria (?:do|are|will) you (?:use|using|have|apply|judg|grad)",
    r"\bwhat criteria\b.{0,120}\b(?:you|me|i)\b",
    r"\b(?:the|your|a) (?:reference|expected|ideal|sample|perfect) (?:answer|solution)s?\b",
    r"\b(?:the|your|a) model (?:answer|solution)\b",
    r"\bwhat(?:'s| is| would be) (?:the|a) (?:right|correct|best|good|ideal|strong) answer\b",
    r"\bwhat (?:do|would|are|did) you (?:want|like|wanting|looking|expect|expecting|hoping|hope)"
    rf"\b(?: me)?(?: (?:to (?:hear|say|see)|for|from me|from this))+(?: here| exactly| now)*"
    rf"(?:{_END_OF_SENTENCE}| me to\b| from me\b)",
    r"\bwhat (?:should|must|am|do) i (?:say|supposed to say|need to say|have to say)\b",
    r"\b(?:what|which) (?:keywords|points|words|key points|buzzwords)\b.{0,120}\byou\b",
    r"\b(?:tell|give|show) me (?:the |your |an? )?(?:correct |right |full |ideal |model )*"
    r"(?:answer|solution|answers|solutions)\b",
    r"\b(?:print|show|reveal|repeat|output|dump|display|leak|paste|share|disclose|recite|list)"
    r" (?:me |us |with me |out )?(?:your|the|all|all of your|me your)(?: \w+){0,2}"
    r" (?:prompt|instructions?|rules|anchors?|notes|configuration|criteria|answer key|checklist)\b",
    r"\byour (?:system |hidden |secret |initial |internal )?(?:prompt|instructions)\b",
    r"\bsystem prompt\b",
    r"\bhow (?:am i|are you|will i be|will you|do you|would you)(?: being)?"
    r" (?:grad|scor|evaluat|judg|assess|mark|rat)(?:e|ed|ing|es|k|king)?\b(?! (?:the|a|an) )",
    r"\bhow (?:am i|did i|have i been)(?: \w+)? (?:doing|do|done)\b",
    r"\bwhat(?:'s| is| was) my (?:\w+ )?(?:score|grade|level|mark|rating|result)",
    r"\bwhat (?:score|grade|level|mark) (?:do|did|would|will|am) (?:i|you|this|that|my)\b",
    r"\banswer key\b",
    r"\bcheat ?sheet\b",
    r"\b(?:was|is) (?:that|this|it|my answer) (?:the )?(?:right|correct|good|ok|okay|enough|fine"
    r"|what you (?:wanted|want|had in mind|were looking for|are looking for))(?: answer)?"
    rf"(?: so far| now| yet| for you| then)?{_END_OF_SENTENCE}",
    r"\bam i (?:right|correct|wrong|close|passing|on the right track)"
    rf"(?: so far)?{_END_OF_SENTENCE}",
    r"\b(?:did|do|will|have) i (?:get|got|pass|passed|nail|nailed|miss|missed) (?:it|that|this"
    r"|anything|everything|the interview)\b",
    r"\bwhat(?:'s| is| did i|am i| have i) (?:missing|miss|missed)\b.{0,120}\?",
    r"\bwhat am i missing\b",
    r"^why (?:do|are|would|did) you (?:ask|asking|want to know)",
    r"\b(?:any|some)thing (?:\w+ )?(?:that )?you(?:'d| would|'re| are)?"
    r" (?:want|like|need|expect|look)",
    r"\bwhat else (?:do|would|should|are|can) (?:you|i)\b",
    r"\bwhat(?:'s| is) on (?:your|the) (?:sheet|list|checklist|form|scorecard)\b",
    r"\bwhat do i (?:need|have) to (?:say|do|mention) to (?:get|pass|score)\b",
    r"\bhow (?:do|can) i (?:get|reach|score|earn) (?:a |an |the )?"
    r"(?:level|full|top|best|high|higher|\d)",
)
_HINT = (
    r"\b(?:can|could|may|would|will|might) (?:i|you|we)\b.{0,30}"
    r"\b(?:hints?|clues?|nudges?|pointers?|tips?|help)\b",
    r"\b(?:give|need|like|want|use|have|get|appreciate|drop|take)(?: me)?(?: just)?"
    r" (?:an?|another|any|some|one)(?: small| little| tiny| more| quick| bit of)*"
    r" (?:hints?|clues?|nudges?|pointers?|tips?|help)\b",
    rf"\b(?:any|a|another|one more) (?:hints?|clues?|nudges?|pointers?|tips?)(?: please)?"
    rf"{_END_OF_SENTENCE}",
    r"^(?:hint|clue|help)s?(?:,? please)?\W*$",
    r"\bhint,? please\b",
    r"\b(?:please )?help me(?: out| here| please| a (?:bit|little))*[.!?]*$",
    r"\bneed (?:some |a little |a bit of )?help\b",
    r"\bpoint me in\b",
    r"\bwhat (?:should|do|shall) i (?:talk about|cover|do|discuss|address|answer)\b",
    r"\b(?:can|could|would) you (?:please )?(?:rephrase|reword|elaborate|explain)\b",
    r"\b(?:don'?t|do not|didn'?t|did not) (?:really |quite |fully )?"
    r"(?:understand|get|follow) (?:the |your |this |that )?(?:question|what you)",
    r"^(?:sorry,? )?what (?:do|did) you mean\b",
    r"\bi(?:'m| am) (?:\w+ ){0,3}(?:stuck|lost|blocked|stumped|drawing a blank)\b",
    r"\b(?:my mind|mind) (?:is|went|has gone|goes) blank\b",
    rf"\bwhere (?:should|do|would|shall) (?:i|we|you) (?:even )?(?:start|begin){_END_OF_SENTENCE}",
)
_IGNORANCE = (
    r"\bi (?:really |honestly |just |actually |still )*(?:don'?t|do not|wouldn'?t|would not)"
    r" (?:really |honestly |actually |quite )*(?:know|have (?:an idea|a clue|any idea))\b",
    r"\b(?:i |i'?ve |i have )?(?:have |got )?(?:absolutely )?no (?:idea|clue)\b",
    r"\bi(?:'m| am)? ?not (?:really |quite |entirely |at all )*sure\b",
    r"^not (?:really |quite |entirely )?sure\b",
    r"\bi (?:dunno|cannot think of|can'?t think of|haven'?t got a clue|forgot|can'?t remember)\b",
    r"^(?:idk|dunno|beats me|no clue|don'?t know)\b",
    r"\bnever (?:heard of|done|worked on) (?:that|this|it)\b",
    r"\bnothing comes to mind\b",
)
_ATTEMPT = (
    r"\bbut\b",
    r"\b(?:probably|maybe|perhaps|possibly|i guess|i think|i suppose|i believe|i would|i'd|i'll)\b",
    r"\b(?:we|one|you) (?:could|should|would|can|might|need)\b",
    r"\b(?:could|should|might) be\b",
    r"\b(?:something like|my guess|instead)\b",
)
_MOVE_ON = (
    rf"{_WISH}{_GENTLY} (?:move|go|carry|get|press|push|keep)"
    r" (?:on|ahead|forward|along|going|moving)"
    rf"(?: now| please| then| from here)*{_END_OF_SENTENCE}",
    rf"{_WISH}{_GENTLY} (?:continue|proceed)(?: now| please| then)*{_END_OF_SENTENCE}",
    r"^(?:continue|proceed|next|pass|skip|moving on|move on|go on)"
    rf"(?:,? please)?{_END_OF_SENTENCE}",
    rf"\b(?:move|moving) on(?: now| please| then)*{_END_OF_SENTENCE}",
    r"\b(?:go|move|skip|proceed|continue|jump|get|on|over|ready)(?: on| ahead| over)?"
    r" (?:to|for|with) (?:the|your) next (?:step|section|question|topic|part|one|thing)\b",
    rf"^(?:the )?next (?:step|section|question|topic|part|one)(?:,? please)?{_END_OF_SENTENCE}",
    rf"\b(?:skip|pass on|pass over) (?:this|it|that)(?: \w+)?(?:,? please)?{_END_OF_SENTENCE}",
    rf"\bi(?:'ll| will|'d| would)?(?: like to)? pass{_END_OF_SENTENCE}",
    r"^(?:i think |i guess |so |and |ok |okay |well )*that(?:'s| is| was)"
    r" (?:it|all|everything)(?: for now| from me| from my side| i have| i've got)?"
    rf"{_END_OF_SENTENCE}",
    rf"\bno more to (?:say|add){_END_OF_SENTENCE}",
    r"\b(?:rather|prefer) not (?:to )?(?:answer|say)\b",
    r"\b(?:can|could|may|let'?s|let us) (?:we |i )?(?:come|get|go) back to (?:this|it) later\b",
    rf"\bwhat(?:'s| is| comes) next{_END_OF_SENTENCE}",
    r"\bnothing (?:more|else|further)(?: really)?(?: to add| to say| here| from me| on this)",
    r"\bthat'?s (?:all|it|everything)(?: i have| i've got| from me)?"
    r" (?:for|on|about) (?:this|that)\b",
    rf"\bi(?:'m| am) (?:done|finished)(?: here| with (?:this|that)(?: \w+)?)?{_END_OF_SENTENCE}",
    rf"\bi have nothing (?:to add|more){_END_OF_SENTENCE}",
)

OF_INTENT: Mapping[Intent, re.Pattern[str]] = {
    Intent.orders: _any((*_MANNERS_OF_ORDERS, *_ORDERS_FOR_MARKS)),
    Intent.abuse: _any(_ABUSE),
    Intent.end: _any(_END),
    Intent.fish: _any(_FISH),
    Intent.ask_hint: _any((*_HINT, *_IGNORANCE)),
    Intent.move_on: _any(_MOVE_ON),
}
OUTRIGHT_ORDER = _any(_ORDERS_FOR_MARKS)
OUTRIGHT_HINT = _any(_HINT)
ATTEMPTED = _any(_ATTEMPT)
SPOKEN_ABOUT = _any(
    (
        r"\b(?:prompt[ -])?injections?\b",
        r"\bjailbreak",
        r"\b(?:attacker|adversar|fraudster|malicious|spammer|untrusted|hostile)",
        r"\b(?:someone|somebody|people|users?|customers?|sellers?|tickets?|listings?|messages?)\b"
        r".{0,60}\b(?:say|write|type|contain|try|trie|tell|ask)s?\b",
    )
)
"""A sentence that speaks of orders, as a risk of the design, and gives none."""

QUOTED = re.compile(
    r"\"[^\"\n]{3,300}\""
    r"|(?<!\w)'[^'\n]{3,120}(?:'\w[^'\n]{0,120}){0,3}'(?!\w)"
    r"|`[^`\n]{3,300}`"
    r"|(?<!\w)[\"'](?=\w)[^\"'\n]{3,200}\?$"
)
PLAIN = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"'})

_GO = (
    r"(?:(?:go|move|get|turn|jump|switch|come|return|continue|proceed|skip|step|circle|shift|hop)"
    r"(?: on| back| over| ahead| straight| right| forward| directly)* (?:to|into|onto)"
    r"|(?:talk|speak|think|chat|go on|say something)(?: more| first| now)?(?: about)?"
    r"|(?:continue|proceed|start|begin|go on|carry on) with"
    r"|discuss|cover|revisit|tackle|address|look(?: back)? (?:at|into)|do|see about)"
)
_CLAUSE = r"(?:^|[.!?,;:]\s+|\b(?:and|so|then|ok|okay|well|alright|right|great|good)[ ,]+)"
TO_STEP = re.compile(
    "|".join(
        (
            rf"{_WISH}{_GENTLY} {_GO} ",
            rf"{_CLAUSE}(?:(?:go|going|coming|come|get|getting|jump|jumping|circling|step|stepping)"
            r" )?back to ",
            rf"{_CLAUSE}(?:on to|onto|next[,:]?|next up[,:]?|next comes|now to|now for|now"
            r"|turning to|moving (?:on )?to|returning to|over to|skip(?: ahead)? to|take me to"
            r"|go to|move to) ",
        )
    ),
    re.IGNORECASE,
)
DETERMINED = r"(?:(?:talk about|discuss|the|our|my|your|that|this|some|about) )*"
SIDE = (
    r"(?: (?:part|side|section|step|stage|question|topic|bit|discussion|phase|piece|aspect|portion"
    r"|design|strategy))?"
)
AFTER_STEP = (
    r"(?=\W*$|[.!?,;:)]|\s*[\u2013\u2014-]\s"
    r"|,? (?:now|first|next|then|please|again|already|instead|quickly|briefly"
    r"|for (?:a|one|now|the moment)|before|if (?:you|that|it|we)|and|because|as|since|where|which"
    r"|so|a (?:bit|little)|we|i|you|would|too|also|with you|right (?:now|away))\b)"
)
LATER = re.compile(
    r"^.{0,40}\b(?:later|soon|afterwards|in a (?:moment|bit|minute|second)|at the end)\b",
    re.IGNORECASE,
)

FILLER = frozenset(
    """hm hmm hmmm hmmmm um uh er eh ah oh ok okay k yes yeah yep yup no nope nah well right sure
    fine good great cool alright thanks thank you so and let me think thinking see i i'm a an moment
    minute second sec moments seconds please give just need wait hold on one for about it this that
    hello hi hey there go ahead absolutely indeed correct exactly interesting question lol haha
    maybe perhaps test nothing whatever none sorry pardon what huh come again how are you morning
    afternoon evening""".split()
)
COURTESIES: Mapping[Courtesy, re.Pattern[str]] = {
    Courtesy.repeat: _any(
        (
            r"\brepeat (?:the |your |that |this |it )*(?:last )?(?:question|again|that|it)\b",
            r"\bsay (?:that|it) again\b",
            r"\bwhat (?:was|is|were) (?:the|your) question\b",
            r"^(?:sorry|pardon|excuse me)?\W*(?:what|pardon|come again|huh)\W*$",
            r"^sorry\W*\?$",
            r"\bask (?:me )?(?:that|it|the question) again\b",
        )
    ),
    Courtesy.leave: _any(
        (
            r"^(?:ok |okay )?(?:shall|should|may|can) i (?:just )?"
            rf"(?:continue|go on|go ahead|proceed|start|begin)(?: now| then)?{_END_OF_SENTENCE}",
            r"^(?:shall|should|do) i (?:go deeper|continue|go on)\b.{0,30}\?$",
        )
    ),
    Courtesy.time: _any(
        (
            r"\blet me think\b",
            r"\b(?:a|one|some|few|couple of) (?:moment|minute|second|sec|time)s?\b",
            r"\bhold on\b",
            r"^wait\b",
            r"\bthinking\b",
        )
    ),
    Courtesy.greeting: _any(
        (
            r"^(?:hi|hello|hey|good (?:morning|afternoon|evening))\b",
            r"\bhow are you\b",
        )
    ),
}
FEW_WORDS_OF_COURTESY = 12
INDIRECT_QUESTION = _any(
    (
        r"\bi(?:'d| would)? (?:like|want|need|have) to (?:know|ask|understand|clarify|check)\b",
        r"\btell me\b",
        r"\b(?:can|could|would) you (?:\w+ )?(?:tell|say|clarify|share|give|explain)\b",
        r"\bi(?:'d| would| will|'ll) (?:first |also |start by )?(?:ask|asking)\b",
        r"\bi wonder\b",
        r"\bi(?:'m| am) wondering\b",
        r"\bi(?:'m| am) curious\b",
        r"\bmy (?:first |next |other |second )?questions?\b",
        r"\blet me (?:ask|clarify)\b",
        r"\bquestions?:",
        r"\bdo you know\b",
    )
)
TO_THE_INTERVIEWER = _any(
    (
        r"\b(?:you|your)\b",
        r"\b(?:can|may|should|shall|could) (?:i|we) assume\b",
        r"\bdo we (?:already |currently |also )?(?:have|know|need|care|want|log|get|see|store)\b",
        r"\b(?:is|are|was|were) there\b",
        r"\b(?:is it|would it be) (?:ok|okay|fair|safe)\b",
        r"\b(?:are|is) we\b|\bare we\b",
    )
)
OWN_QUESTION = _any(
    (
        r"^(?:so |and |but |now |then |okay |ok )*(?:how|why|what|which|where|when)\b.{0,40}?"
        r"\b(?:do|would|should|shall|can|could|will|did|must) (?:we|i|one)\b",
        r"^(?:so |and |but |now |then )*(?:how to|why|what if|what about|how about|what else)\b",
    )
)
ANSWERS = re.compile(
    r"^(?:we|i|i'd|i'll|we'd|we'll|by|with|because|simply|simple|easy|easily|my answer|first)\b"
    r"(?!.{0,200}\bassum)",
    re.IGNORECASE,
)
SAYS_WHY_IT_ASKS = _any(
    (
        r"^(?:that|this|it|which|these|those|depending|because|since|i ask|i'm asking|asking)\b",
        r"^(?:if|otherwise|knowing)\b",
        r"\bassum(?:e|es|ing|ption)",
        r"^(?:also|and)\b",
    )
)

OPENING_WORDS = re.compile(
    r"""^(?:(?:u[mh]+|er|okay|ok|so|now|then|and|well|right|sorry|next|alright|yeah|yes|sure|all|first
    |on|for|as|regarding|about|with|in|terms|of|when|it|comes|to|the|my|our|talking|coming
    |turning|moving|going|let|me|us|start|begin|take|step|part|\d+)\b[\s,.:;)\-\u2013\u2014]*)+""",
    re.IGNORECASE | re.VERBOSE,
)
TOPIC_ENDS = (
    r"(?:\s+(?:side|part|wise|step|next|now|then|first|phase|stage))?"
    r"(?:\s*[:,.;\u2026\u2013\u2014-]|\s+(?:i|i'd|i'll|we|we'd|we'll|you|you'd|uh|um|it's|that's|is|are|would)\b)"
)
"""What follows a step's name where it is the topic, and no part of a longer phrase."""
