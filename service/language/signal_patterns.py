"""The closed list of what a message may signal, with one pattern each: a weak cue that the regressions of
`service.language.signals` weigh among others. General support English, written on text as `signals.normal` leaves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Signal(StrEnum):
    """Closed list of what a message may signal. The comment says who can signal it."""

    ASKS_FOR_HUMAN = "asks_for_human"  # customer
    DECLINES_HUMAN = "declines_human"
    FRUSTRATED = "frustrated"
    ALREADY_TOLD = "already_told"
    NOT_WHAT_I_ASKED = "not_what_i_asked"
    UNSOLVED = "unsolved"
    GIVES_UP = "gives_up"
    SOLVED = "solved"
    THANKS = "thanks"
    SENSITIVE = "sensitive"
    NO_ANSWER = "no_answer"  # bot
    CANNOT_DO = "cannot_do"
    UNSURE = "unsure"
    MISUNDERSTOOD = "misunderstood"
    TOOL_FAILURE = "tool_failure"
    RESTRICTED = "restricted"
    ANNOUNCES_HANDOFF = "announces_handoff"
    OFFERS_HANDOFF = "offers_handoff"
    ACTED = "acted"  # agent


_PERSON = (
    r"(?:humans?(?: being)?|(?:real|actual|live|proper) (?:person|people|one|agent|human|someone|staff)|agents?"
    r"|representatives?|reps?"
    r"|advis[eo]rs?|operators?|supervisor|manager|colleagues?|employees?|staff|someone|somebody|anyone|anybody"
    r"|person|people"
    r"|specialists?|technicians?|customer (?:service|care|support)|support(?: team| staff| person| engineer)?"
    r"|(?:member|one) of (?:the|your) (?:staff|team|people|colleagues)|(?:your|the) team)"
)
_REACH = (
    r"(?:speak|talk|chat|connect|transfer|put me through|put me on|hand me|pass me|escalate|forward|get me|give me"
    r"|get hold of|in touch|reach|(?:want|need) (?:an?|some|your|the)?)"
)
_NOT = r"(?:not|never|cannot|unable|[a-z]+nt)"

PATTERNS: Mapping[Signal, str] = {
    Signal.ASKS_FOR_HUMAN: rf"\b{_REACH}\b.{{0,20}}\b{_PERSON}\b"
    rf"|^\W*(?:(?:an?|live|real|actual|human) )*{_PERSON}(?: (?:please|pls|plz|now|thanks))*\W*$"
    rf"|\b{_PERSON} (?:to |can |could |should )?(?:please )?(?:call|ring|phone|email|write|contact|review|look at"
    rf"|handle) (?:me|this|my|us)\b"
    r"|\b(?:not|no|skip|past|bypass) (?:to |with )?(?:a |the |this |more )?(?:chat ?)?(?:bots?|robot|machine"
    r"|automated)\b",
    Signal.DECLINES_HUMAN: rf"\b(?:no need|dont (?:need|want|have to|connect|transfer|call)|do not (?:need|want"
    rf"|connect|transfer)|not necessary|rather not"
    rf"|without|no)\b.{{0,25}}\b(?:{_PERSON}|transfer(?:red)?|call(?:ing)?|connect)\b",
    Signal.FRUSTRATED: r"\b(?:ridiculous|useless|unacceptable|pathetic|terrible|horrible|awful|worst|disgrace\w*"
    r"|appall\w+|outrageous|furious|livid"
    r"|fed up|sick of|frustrat\w+|angry|annoy(?:ed|ing)|nightmare|joke|wtf|ffs|bullshit|crap|hell|incompetent|scam"
    r"|garbage|rubbish|sucks"
    r"|stupid|dumb|idiots?|clowns?|theft|thieves|waste of time|wasting my time|losing (?:my )?patience"
    r"|never (?:again|buying|using|ordering))\b"
    r"|\?\?|!!",
    Signal.ALREADY_TOLD: r"\b(?:already|just) (?:told|said|gave|given|sent|answered|explained|tried|did|provided"
    r"|asked|mentioned)\b"
    r"|\b(?:as|like) i (?:said|mentioned|wrote|told)\b|\b(?:same|exact) (?:answer|reply|link|thing|question"
    r"|article)\b"
    r"|\b(?:for the (?:second|third|fourth|last|#\w*) time|how many times|repeat(?:ing)? (?:myself|yourself)"
    r"|once more|i (?:said|told you))\b|^again\b",
    Signal.NOT_WHAT_I_ASKED: rf"\b{_NOT} (?:really |quite |exactly )?(?:what|the thing) i\b|\b(?:not|isnt"
    rf"|wasnt) (?:my|the) (?:question|issue|problem|point)\b"
    r"|\bmisunderst\w+|\bi (?:asked|meant|was asking)\b|\b(?:didnt|did not|doesnt|havent) answer\w*\b"
    r"|\bwrong answer\b|\bi (?:didnt|did not) ask\b",
    Signal.UNSOLVED: r"\bstill (?:not|no|nothing|doesnt|dont|cant|wont|isnt|hasnt|havent|the same|same|broken"
    r"|offline|getting|locked|shows?|says?)\b"
    r"|\b(?:didnt|did not|doesnt|does not|not) (?:work|help|fix|solve|change)\w*\b|\b(?:same|exact same) (?:error"
    r"|problem|issue|message|thing)\b"
    r"|\b(?:no luck|no change|no difference|nothing (?:happens|happened|changed|changes)|persists?|remains)\b"
    r"|\b(?:tried|did|done) (?:that|it|all)\b",
    Signal.GIVES_UP: r"\b(?:forget (?:it|about it|this|i asked)|never ?mind|nvm|give up|giving up|whatever"
    r"|leave it|dont bother|thanks anyway|thank you anyway"
    r"|thanks for nothing|im (?:done|out|off)|elsewhere|somewhere else|no point|pointless|no use"
    r"|figure it out myself|sort it (?:out )?myself)\b",
    Signal.SOLVED: r"\b(?:that|it|this|all|now|everything) ?(?:s|is|has)? ?(?:now )?(?:work(?:s|ed|ing)|fixed"
    r"|solved|sorted|resolved|helps|helped|did it|did the trick)\b"
    r"|\b(?:perfect|awesome|brilliant|excellent|lovely|super|all set|all good|got it|found it|figured it out"
    r"|makes sense|exactly what)\b|^\W*(?:works|fixed|solved|sorted)\b",
    Signal.THANKS: r"\b(?:thanks?|thank (?:you|u)|thx|tnx|ty|cheers|ta|appreciated?)\b",
    Signal.SENSITIVE: r"\b(?:hack(?:ed|er)|fraud\w*|scammed|phishing|unauthori[sz]ed|stolen|identity theft|lawyer"
    r"|solicitor|attorney|legal action|court|sue|ombudsman"
    r"|gdpr|subpoena|passed away|deceased|bereave\w+|death certificate|died|caught fire|explod\w+|smok(?:e|ing)"
    r"|burn(?:ed|t)|injur\w+|electric shock|allergic"
    r"|hospital|suicid\w+|kill myself|harass\w+|assault\w*|threaten\w*|unsafe)\b"
    r"|\b(?:i|we) (?:did not|didnt|never) (?:make|made|authori[sz]e|order|do)\b|\b(?:wasnt|was not|not) me\b",
    Signal.NO_ANSWER: rf"\b{_NOT} (?:\w+ ){{0,3}}(?:find|found|know|have|locate|answer)\b.{{0,40}}\b(?:answer"
    rf"|information|info|details?|anything|article|results?|match\w*|that|it|data)\b"
    r"|\b(?:no|nothing) (?:\w+ )?(?:information|results?|details|answer|matching|matched|about|regarding)\b"
    r"|\bdont know\b",
    Signal.CANNOT_DO: r"\bi(?:m| am)? (?:just a bot|cannot|cant|(?:am )?(?:not able|unable|not equipped"
    r"|not authori[sz]ed|not set up)|dont have (?:the )?(?:ability|access|permission))\b"
    r"|\b(?:beyond|outside|not within) (?:of )?(?:what i|my)\b|\b(?:isnt|is not|not) (?:something i|supported"
    r"|available through me|possible for me)\b",
    Signal.UNSURE: r"\b(?:not (?:entirely |completely |###?% )?(?:sure|certain|confident)|best guess"
    r"|might be wrong|may be related|might or might not|cant (?:be sure|say for))\b",
    Signal.MISUNDERSTOOD: rf"\b(?:rephrase|reword|other words|different words|differently|another way"
    rf"|different way)\b"
    rf"|\b{_NOT} (?:\w+ ){{0,2}}(?:understand|get that|catch|follow(?:ing)?|sure what you mean|make sense)\b"
    rf"|\btrouble understanding\b",
    Signal.TOOL_FAILURE: r"\b(?:went wrong|technical (?:problem|difficult\w+|glitch|issue|error)|error (?:occurred"
    r"|while)|system error|timed out|failed|keeps failing"
    r"|not responding|unavailable|offline|(?:didnt|did not|couldnt|could not) (?:go through|be (?:completed"
    r"|submitted|generated|processed|saved))|returned an error|an error)\b"
    rf"|\b{_NOT} (?:able to )?(?:access|reach|load|retrieve|connect to|pull up|open|complete|save)\b",
    Signal.RESTRICTED: r"\b(?:only|must|has to|have to|needs? to|need|requires?|by) .{0,40}\b(?:team|agent|human"
    r"|person|advis[eo]rs?|specialist|department|supervisor|manager|staff|colleague|manual(?:ly)?)\b"
    r"|\b(?:for (?:your )?(?:security|safety|protection)|privacy|data protection|not (?:permitted|allowed))\b",
    Signal.ANNOUNCES_HANDOFF: r"\b(?:connect(?:ing)?|transfer(?:ring)?|hand(?:ing)?|pass(?:ing|ed)?|rout(?:e|ing)"
    r"|put|bring(?:ing)?|loop(?:ing)?|forward(?:ed|ing)?|escalat\w+|switching|get|assigned|asked?)\b"
    r".{0,40}\b(?:agent|human|person|people|someone|somebody|team|colleague|teammate|specialist|advis[eo]r"
    r"|representative|support|department|technicians?|over|through)\b"
    r"|\b(?:agent|human|person|someone|team|colleague|advis[eo]r|specialist|representative)\b.{0,30}\b(?:shortly"
    r"|soon|with you|in touch|get back|take (?:it|over)|join|contact you|reply)\b|\bin the queue\b",
    Signal.OFFERS_HANDOFF: r"(?:\b(?:would you like|do you (?:want|wish)|shall i|should i|want|i can|i could|can i"
    r"|if you|let me know|type|say)\b"
    r".{0,50}\b(?:agent|human|person|someone|team|colleague|specialist|advis[eo]r|representative|support"
    r"|service desk)\b)",
    Signal.ACTED: r"\b(?:i|we)(?:ve| have|ll| will|m)? (?:just |now |also |gone ahead and |manually |already "
    r"|going to |had )?"
    r"(?:refund\w*|credit\w*|cancel\w*|chang\w*|mov\w*|remov\w*|waiv\w*|correct\w*|reissu\w*|process\w*|issu\w*"
    r"|rais\w*|escalat\w*|fix\w*|unlock\w*|merg\w*|extend\w*"
    r"|restor\w*|activat\w*|appl(?:y|ied)|add(?:ed)?|book\w*|post\w*|sen[dt]\w*|open\w*|adjust\w*|revers\w*"
    r"|replac\w*|switch\w*|swap\w*|updat\w*|took|block\w*|releas\w*|made an exception)\b"
    r"|\b(?:refunded|credited|reversed|made an exception|replacement (?:is|on)|on (?:our|my) (?:end|side)"
    r"|free of charge|goodwill|manually)\b",
}
