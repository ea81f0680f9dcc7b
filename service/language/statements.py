"""What a customer says about the outcome: works, fails, not what was asked, gives up, comes back, will try, accepts.

Clause patterns of general English with negation, questions and conditions minded; the last decisive clause of a message
speaks for it. This module reads customers only and knows no metric.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from service.conversation import Message, Role
from service.language.patterns import any_of

LONGEST = 4000
"""Characters of a message that are read."""

QUESTION = 300
"""Characters at the end of a bot's message in which it may ask whether it helped."""


class Outcome(StrEnum):
    """What a customer's message says about how it went."""

    WORKS = "works"
    FAILS = "fails"
    REJECTS = "rejects"
    GIVES_UP = "gives_up"
    DEFERS = "defers"
    TRIES = "tries"
    ACCEPTS = "accepts"


NEGATIVE = frozenset({Outcome.FAILS, Outcome.REJECTS})
"""It did not help."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One customer message that says something about the outcome."""

    message: Message
    outcome: Outcome


_SENTENCE = re.compile(r"[.;!?]+(?=\s|$)|\n+|,? (?:but|however|although|except)\b")
_UNREAL = any_of(
    r"\b(?:if|unless|whether|when|once|until|hope(?:fully)?|(?:sh|w|c)ould|might|may|will|used to|before|"
    r"yesterday|last (?:week|time|month)|normally|usually|wish|expect\w*|(?:will|does|did|is) it|(?:has|"
    r"have|had) to|need\w*|want\w*|promised|sa(?:ys?|id)|what|who|how|neither|as soon as|any way|would)\b",
)
_NEGATION = any_of(
    r"n't\b",
    r"\b(?:not|no|never(?! ?mind)|nothing|none|nobody|without|cannot|cant|dont|doesnt|didnt|isnt|wont|nor|"
    r"hardly)\b",
)
_USE = (
    r"(?:log|sign|see|open|use|access|get|print|send|pay|download|connect|watch|play|book|view|find|load|"
    r"order|check|upload|install|reach)"
)
_THING = r"(?:it|that|this|everything|all|they)"

_FAILS = any_of(
    r"\bstill (?:not|no|nothing|broken|fail\w*|crash\w*|stuck|offline|wrong|missing|waiting|down|locked|"
    r"the same|error|can|ca|do|is|get|have the|says?|shows?|see\w*|the|won|unable|slow)",
    r"(?:n't|\bnot|\bnt|doesnt|didnt|wont|cant) (?:\w+ )?(?:work(?:ed|ing|s)|help(?:s|ed|ing|ful)?|fix(?:ed)"
    r"?|solv\w*|resolv\w*|load\w*|open\w*|arriv\w*|show(?:s|ing|ed)?|do anything)\b",
    r"\b(?:does|did|do)(?:n't|nt| not) (?:\w+ )?(?:work|change)\b",
    r"\bno (?:luck|change|joy|difference|success|effect)\b",
    r"\bsame (?:problem|issue|error|thing|result|message|again)\b",
    r"\bnothing (?:happen\w*|work\w*|chang\w*|help\w*|came|arriv\w*)",
    r"\b(?:and|still) nothing\b",
    r"\b(?:it|that|this|now)(?:'s| is| just| only)? (?:keeps? \w+ing|fails?|failed|crashe[sd]|broke\w*|"
    r"worse|dead|stuck)\b",
    r"\btried (?:that|this|it|everything|all|twice|three|several|many|already|both)\b",
    r"\b(?:did|done) (?:that|this|it|all that)(?: all)? (?:already|twice|before|three)\b",
    r"\balready (?:did|tried|done)\b",
    r"\bgives? (?:me )?(?:an|the same|another) error\b",
    rf"\b(?:i|we) (?:still )?(?:can't|cant|cannot|couldn't|(?:am|'m) (?:not able|unable) to) {_USE}\b",
)
_REJECTS = any_of(
    r"\b(?:insane|unbelievable|worthless|an? (?:absolute )?joke|absurd|stupid (?:bot|thing|machine))\b",
    r"\bthanks for nothing\b",
    r"\bno ?(?:one|body) (?:reads|listens|cares)\b",
    r"\bnot what i\b",
    r"^(?:no,? )?not (?!yet|sure|really|bad|at |a problem|now|necessar|today|only|just|too|so|that i|"
    r"to worry|right now|much|interested|for any|anything|in a|quite|many)\w+",
    r"\b(?:that|this)(?:'s| is| was|s)? (?:not|n't)(?: really| even)? (?:my question|the question|what|"
    r"relevant|helpful|helping|an answer|the (?:issue|problem|point))\b",
    r"\b(?:is|was)n't (?:my question|what i|helpful|an answer)",
    r"\bwrong (?:answer|article|topic|question|link)\b",
    r"\byou (?:did|do|are|have|were)(?:n't| not)(?: even| really)? (?:answer\w*|understand\w*|listen\w*|"
    r"read\w*|help\w*|hear\w*)",
    r"\b(?:useless|unhelpful|irrelevant|pointless|ridiculous|no help|not helpful|nonsense|unacceptable|"
    r"not acceptable)\b",
    r"\b(?:does|did)n't answer\b",
    r"\bno,? (?:i|that)(?:'m| am| was)? (?:mean|meant|asked|asking|said)\b",
    r"\bi mean[t]?\b",
    r"\bi (?:just|already) (?:told|said|asked|explained)\b",
    r"\bas i (?:said|wrote|told|mentioned)\b",
    r"\b(?:read|listen to) (?:my|me|what i)\b",
    r"\bi (?:asked|was asking) (?:about|for|you|if|how|why|when)\b",
)
_WILL = (
    r"(?:i'll|i will|ill|let me|i'm going to|gonna|i need to|i have to|we'll|will)(?: just| go| also| now|"
    r" then| definitely)*(?: and)?"
)
_GIVES_UP = any_of(
    r"\b(?:ordering|buying|going|shopping|looking)(?: it)? (?:somewhere else|elsewhere)\b|\breport(?:ing)? (?:you|u)\b",
    r"\bnever ?mind\b",
    r"\bnvm\b",
    r"\bforget (?:it|about it|this|that)\b",
    r"\b(?:i|i'm|im) (?:give|giving|gave) up\b",
    r"^give up\b",
    r"\bwaste of (?:my )?time\b",
    r"\b(?:i'll|i will|ill|i'm going to|going to|gonna|i'd rather)(?: just| simply| probably)? (?:call|"
    r"phone|ring|dispute|complain|sue|go elsewhere|go to (?:my bank|another|a different|court|a competitor)|"
    r"switch (?:to|provider)|take my (?:business|money)|(?:try|buy|shop|order|look)(?: it)? (?:another|"
    r"a different|some(?:where|one) else|elsewhere)|do without|contact my bank)",
    rf"\b{_WILL} [\w' ]{{0,40}}\b(?:reach out|contact|talk|speak|turn) (?:to |with )?(?:a |an |the |your |"
    r"customer )*(?:human|agent|support|service|staff|manager|supervisor|hotline)\b",
    r"\bdone with (?:this|you|it all)\b",
    r"\bnot worth (?:it|my|the)\b",
    r"\bi'm (?:out of here|done here)\b",
)
_DEFERS = any_of(
    rf"\b{_WILL} (?:get back|come back|be back|return|gather|reach out|contact you|write (?:you )?again|"
    r"(?:find|get|look for|search for|dig out) (?:my|the|that|those|it))\b",
    r"\b(?:talk|speak|write|back) (?:to you )?(?:soon|later|tomorrow)\b",
    r"\bonce i (?:have|get|find|know)\b",
    r"\bas soon as i\b",
)
_TRIES = any_of(
    rf"\b{_WILL} (?:have to |need to )?(?:try|check|look (?!into|elsewhere)|see (?:if|whether|what|how)|test|"
    r"do (?:that|it|so)|let you know|wait|ask|keep an eye)\b",
    r"^(?:ok,? )?will do\b",
    r"^(?:trying|checking|waiting)\b",
)
_POLITE_IF = any_of(
    r"\bif (?:i |there |any|some|it )",
    r"\bif needed\b",
    r"\bwhenever i\b",
)
_WORKS = any_of(
    r"\bworked(?:,? (?:thank\w*|thx|cheers|great|fine|perfectly|now))?$",
    r"^(?:it )?(?:went|came|got) through(?: now)?$",
    r"^(?:and )?(?:paired|booked|sorted|installed|uploaded|activated|unlocked|synced|running)(?: it)?(?: now)?$",
    rf"(?:^\W*|\b(?:{_THING}|now|finally|yes|also),? )(?:now )?(?:works?|worked)\b(?! (?:for|best|better|"
    r"well|with))",
    rf"\b(?:{_THING}|\w+)(?:'s| is| are|'re)(?: now| all| finally| up and)? (?:working|fixed|solved|resolved|"
    r"sorted|running|back|connected|(?:fine|ok|okay|good|gone|visible|online) now)\b",
    rf"\b(?:{_THING}|\w+) (?:now |finally )?(?:opens|loads|shows?|charges|connects|syncs|runs|starts|prints|"
    rf"arrived|appeared|went through|goes through|came through)(?: up)?(?: [\w' ]{{0,30}})? ?\b(?:now|again|"
    r"fine|perfectly|at last)\b",
    rf"\b(?:{_THING}|which) (?:did (?:it|the (?:trick|job))|has (?:fixed|solved|resolved)|(?:fix|solv|resolv|"
    r"cur)ed|sorted|answers|answered|was it)\b",
    r"\b(?:problem|issue|error|trouble)(?:'s| is| was| has been)? (?:now )?(?:gone|fixed|solved|resolved|"
    r"sorted|disappeared)\b",
    r"^\W*(?:fixed|solved|resolved|sorted|working|connected|success)\b",
    r"\b(?:all|everything)(?:'s| is)? (?:good|fine|sorted|working|ok) (?:now|again)\b",
    r"\b(?:working|back|connected|running) (?:now|again)\b",
    r"\bgot it (?:working|to work|sorted|fixed|running)\b",
    r"\bi(?:'ve| have)?(?: just)? (?:fixed|solved|figured|sorted) (?:it|that|this)\b",
    r"^\W*(?:(?:ok|okay|ah|yes|great|i|i've|oh|just|finally|perfect),? )*(?:found|downloaded|received|"
    r"figured) (?:it|them|that|out|the (?:email|link|code|label|option|button|setting|page|file|invoice))\b",
    rf"\bi(?:'ve| have)? (?:can|(?:was|am) able to|managed to) (?:now |finally )?{_USE}\b(?=(?: [\w']+)"
    rf"{{0,4}} (?:now|again|at last)\b)",
    rf"\bi can (?:now|finally) {_USE}\b",
    r"\bnow i (?:can|see|have|got)\b",
)
_ACCEPTS = any_of(
    r"\b(?:thanks?|thank you|thx|tyvm|cheers|much obliged|appreciated)\b",
    r"\bhold off\b",
    r"\b(?:i'll|i will) (?:also )?(?:think|consider|explore|look into)\b",
    r"^\W*(?:ok(?:ay)?|k|thanks?|thank you|thx|ty|cheers|ta|great|perfect|good|nice|cool|awesome|excellent|"
    r"wonderful|alright|all right|fine|got it|understood|i see|i understand|makes sense|sure|yes|yep|ah|oh|"
    r"lovely|brilliant|super|no,? (?:that'?s|thank|thanks|it'?s)|that'?s (?:all|it|ok|fine|great|perfect|"
    r"good|clear|okay|helpful)|appreciate|sounds good|very helpful|fair enough|right|noted|i appreciate|"
    r"good to know|no problem|no worries|you too|bye|goodbye|wow|phew|finally|that works|works for me)\b",
)
_ASKS_OUTCOME = any_of(
    r"\b(?:did|does|is|has|have|was|were|are)\b[^?.!]*\b(?:help(?:ful|ed)?|work(?:ing|ed|s)?|solv(?:e|ed)|"
    r"fix(?:ed)?|answer(?:ed)?|resolved?)\b[^?.!]*\?",
)
_AGREES = any_of(
    r"^\W*(?:(?:yes|yeah|yep|sure|ok|okay|great|perfect),? )*(?:that|it|this|which) works?\b(?! (?:now|"
    r"again|fine))",
)
_EXCEPT = re.compile(r"(?:not|only|no longer|n't)\b|(?:it|that|this) (?:is|does|did|has)(?:n't| not)\b")
_CLOSES = re.compile(r"^\W*no[,. ]+(?:that|thank|it'?s|i'?m|nothing|all)")
_YES = re.compile(r"^\W*(?:yes|yeah|yep|yup|it did|it does|it has)\b")
_NO = re.compile(r"^\W*(?:no|nope|nah|not (?:really|at all|yet)|it (?:did|does|has)n't)\b")

_BAD_NEWS = (
    (Outcome.GIVES_UP, _GIVES_UP),
    (Outcome.FAILS, _FAILS),
    (Outcome.REJECTS, _REJECTS),
    (Outcome.DEFERS, _DEFERS),
    (Outcome.TRIES, _TRIES),
)
"""In the order in which they decide; "never mind" outweighs what else is said in the clause."""

_LATER = frozenset({Outcome.DEFERS, Outcome.TRIES})


@lru_cache(maxsize=8192)
def read_outcome(text: str) -> Outcome | None:
    """What `text` says about the outcome, `None` when it says nothing about it.

    >>> read_outcome("great, it works now").value
    'works'
    >>> read_outcome("it does not work, same error").value
    'fails'
    >>> read_outcome("what time is it") is None
    True
    """
    plain = text[:LONGEST].lower().replace("\u2019", "'").replace("e-mail", "email")
    found: Outcome | None = None
    start = 0
    for match in [*_SENTENCE.finditer(plain), None]:
        end = len(plain) if match is None else match.start()
        asked = match is not None and "?" in match.group()
        clause = plain[start:end].strip(" ,")
        outcome = _of_clause(clause, asked=asked)
        start = end if match is None else match.end()
        if found is Outcome.WORKS and _EXCEPT.match(clause):
            outcome = Outcome.FAILS
        # Thanks after "still broken" or "works" adds nothing; what was said before it stands.
        if outcome is not None and (outcome is not Outcome.ACCEPTS or found is None):
            found = outcome
    return found


def read_statements(messages: Sequence[Message]) -> tuple[Statement, ...]:
    """The statements of the customer's messages that follow a bot's or an agent's message, in order.

    What a customer writes before anyone answered describes the problem and says nothing about an outcome.
    """
    statements: list[Statement] = []
    answer: Message | None = None
    for message in messages:
        if message.internal:
            continue
        if message.role in (Role.BOT, Role.AGENT):
            answer = message
        elif answer is not None and message.role is Role.CUSTOMER:
            outcome = _in_reply(message.text, answer.text)
            if outcome is not None:
                statements.append(Statement(message, outcome))
    return tuple(statements)


def _in_reply(text: str, asked: str) -> Outcome | None:
    """The outcome of `text` as a reply to the bot's or agent's message `asked`."""
    outcome = read_outcome(text)
    question = asked[-QUESTION:].lower().rstrip()
    if _ASKS_OUTCOME.search(question):
        plain = text.lower()
        if outcome in (None, Outcome.ACCEPTS) and _YES.match(plain):
            return Outcome.WORKS
        if outcome in (None, Outcome.ACCEPTS) and _NO.match(plain) and not _CLOSES.match(plain):
            return Outcome.FAILS
    elif outcome is Outcome.WORKS and question.endswith("?") and _AGREES.match(text.lower()):
        return Outcome.ACCEPTS
    return outcome


def _of_clause(clause: str, *, asked: bool) -> Outcome | None:
    """What one clause says; a question never says that it works."""
    if not clause:
        return None
    if not asked and not _NEGATION.search(clause) and not _UNREAL.search(clause) and _WORKS.search(clause):
        return Outcome.WORKS
    for outcome, pattern in _BAD_NEWS:
        if pattern.search(clause) and not (outcome in _LATER and _POLITE_IF.search(clause)):
            return outcome
    return Outcome.ACCEPTS if not asked and _ACCEPTS.search(clause) else None
