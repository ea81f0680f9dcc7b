"""Is a text a question: asking, confirming, closing, checking security. Reads plain text (see `values.plain`)."""

from __future__ import annotations

import re

_CLAUSE = re.compile(
    r"(?<=[.?!;])\s+|\n|(?:,\s*|\s+)(?:and|or|also|plus)\s+(?=(?:also\s+)?(?:at"
    r" |in |on |from |to |for |until |till |up to |by )?(?:what|which|where|when"
    r"|who|whom|how|whose|until|till)\b)"
    r"|,\s*(?=(?:what|which|where|when|who|whom|how|whose)\b)|\s+-+\s+"
)
_REQUEST = re.compile(
    r"\b(?:please|pls|plz|kindly|just)\s+(?:\w+\s+){0,2}?(?:tell|give|provide|share"
    r"|send|specify|mention|state|say|enter|attach|forward|reply|let me know|describe"
    r"|name|supply|quote|confirm|post|paste|upload|drop|help me with)\b"
    r"|\b(?:may|can|could|might|would)\s+(?:i|we|you)\b(?:\s+(?:please|just|also|quickly|kindly|possibly|maybe))*\s+"
    r"(?:have|get|know|grab|take|ask|be\s+so|give|tell|provide|share|send|specify"
    r"|let|describe|explain|remind|attach|forward|supply|mind|happen|confirm|check"
    r"|look\s+up|read|paste|copy|see|try|elaborate|walk|quote|trouble|bother|point"
    r"|say|fill)\b"
    r"|\b(?:i|we)(?:'ll|'d| will| would| am going to|'m going to|'re going to|"
    r" are going to| just| still| also| do)*\s+(?:need|require|want (?:your|the)|like (?:your|the)|like to (?:know"
    r"|have|get|ask)|love to know|have to (?:know|ask)|must ask)\b"
    r"|\blet (?:me|us) have\b|\blet (?:me|us) know (?:your|the|what|which|where|when|who|how|whether|if"
    r"|a|any|on)\b|\b(?:tell|give|send) (?:me|us)\b|\b(?:provide|share|specify"
    r"|mention) (?:me |us )?(?:with )?(?:your|the|a)\b"
    r"|\b(?:do you mind|would you mind|mind)\s+(?:\w+ing)\b|\bi was wondering\b"
    r"|\b(?:is|are|would be) (?:needed|required)\b|\bremind me\b|\b(?:ask|request)"
    r" (?:that )?you (?:to )?(?:please )?(?:kindly )?(?:provide|send|share|tell"
    r"|give|confirm|state|attach|specify|let)\b|\bwondering (?:what"
    r"|which|when|where|if)\b"
)
_WH_START = re.compile(
    r"^(?:(?:ok(?:ay)?|sure|alright|great|perfect|certainly|of course|yes|no|and"
    r"|so|but|also|hi|hello|got it|thanks|thank you|well|first|for|at|in|on|from"
    r"|to|until|by|up to)\W+)*"
    r"(?:whats?(?! an? )|which|where|when|who|whom|whose|how (?:many|much|long|often|old"
    r"|do|did|would|about)|how's|may i|can i have)\b"
)
_PAUSE = re.compile(
    r"\b(?:give|allow|grant) (?:me|us)(?: just)? (?:a|one|some|two|a few) (?:\w+"
    r" )?(?:moments?|minutes?|seconds?|secs?|mins?|time|bit)\b"
    r"|\b(?:bear with|hold on|hang on|one moment|just a (?:moment|minute|second|sec))\b"
)
_BRIEF = re.compile(r"^(?:[^\s?!]+\s+){1,5}please[.!?\s]*$")
_CONFIRM = re.compile(
    r"\b(?:please|pls|plz|kindly|just|let me|let's|can you|could you|to|would you"
    r"|want to|like to|i'll)\s+(?:please\s+|just\s+|quickly\s+|also\s+|double[-"
    r" ])*(?:confirm|verify|recap|ensure|check the (?:following|details)|make sure"
    r"|summari[sz]e)\b"
    r"|^confirm(?:ing)?\b|\b(?:is|are|does|did|would|was) (?:that|this|it|these"
    r"|everything|all|the (?:details|information))(?: (?:all|the|details|information"
    r"|above|be|sound|look))* (?:correct|right|ok|okay|good|fine|accurate|work"
    r"|true)\b"
    r"|\b(?:right|correct|ok|okay|yes|yeah|isn't it|huh|am i right|does that"
    r" work)\s*\?\s*$|\bconfirm (?:the|these|this|that|if|whether|following|details)\b"
    r"|\b(?:is|are) (?:the )?(?:details|information|following) (?:correct|right)\b"
    r"|\blet me see if i\b|\bam i (?:right|correct)\b|\bdid i get\b|\bif i(?:'ve"
    r"| have)? (?:understand|understood|got)\b|\byou(?:'d| would)? (?:want|wanted"
    r"|like|are looking for|need) (?:me )?(?:to )?.*\bcorrect\b|\bso you (?:want"
    r"|wanted|would like|need|are)\b"
)
_CLOSING = re.compile(
    r"\b(?:any ?thing|something|what|how|who|any(?: other| more| further)?|more)"
    r" (?:else|more|other|further)\b|\b(?:any|some|other) (?:other|further|more"
    r"|additional) (?:\w+\s+)?(?:help|assistance|questions?|queries|assist|requests?"
    r"|needs?|things?|services?|information)\b"
    r"|\b(?:need|want|require|assist|help|do) (?:\w+ ){0,4}(?:else|any ?more|further"
    r"|more help)\b|\b(?:let me know|reach out|contact us|get back to us|message"
    r" us) (?:if|should|when(?:ever)?)\b|\b(?:have a|enjoy) (?:\w+ )?(?:day|one"
    r"|time|weekend|evening)\b"
)
_SECURITY = re.compile(
    r"\b(?:security|verification|verify (?:your|you|that it|who|the account|it's)"
    r"|verif(?:y|ying) (?:your )?identity|identity|identify you|data protection"
    r"|gdpr|dpa|privacy reasons|prove (?:who|that)|authenticat\w+|(?:last|first"
    r"|final) (?:two|three|four|five|six|\d)(?: (?:digits?|numbers?|characters?"
    r"|letters?))?"
    r"|date of birth|d\.?o\.?b\b|birth ?(?:date|day)|born|mother's maiden|security"
    r" (?:question|word|code)|pass ?(?:word|phrase|code)|(?:your|current|card|old)"
    r" pin\b|\bpin (?:number|code)\b|one[- ]time|otp"
    r"|2fa|two[- ]factor|cvv|social security|ssn|speaking (?:to|with) the (?:right"
    r"|account)|account holder|first line of)\b"
)
_UNUSABLE = re.compile(
    r"\b(?:(?:can't|cannot|can not|couldn't|could not|not able to|unable to|failed"
    r" to|don't seem to|doesn't seem to|didn't) (?:\w+ ){0,3}(?:find|locate|match"
    r"|see|open|read|recogni[sz]e|pull (?:\w+ ){0,2}up|load|trace|work|come (?:up"
    r"|through)|go through|make out|identify|display)"
    r"|(?:is|are|was|were|seems?|looks?|appears?)(?: to be)?(?:n't| not| too| an?"
    r"| a bit| slightly| a digit| one digit| bit| maybe)* (?:valid|invalid|correct"
    r"|incorrect|wrong|short|long|incomplete|blurry|blurred|unreadable|illegible"
    r"|cut off|garbled|missing|expired|recogni[sz]ed|showing|coming up|in our system"
    r"|complete|empty|broken|corrupted|dark|small)"
    r"|(?:isn't|wasn't|aren't|doesn't|didn't|hasn't)(?: \w+){0,2} (?:valid|correct"
    r"|right|recogni[sz]ed|coming up|come up|come through|came through|showing"
    r"|exist|match|belong|working|work|in our system|complete|arrived?|open|load)"
    r"|(?:only|just) (?:has|have|had|contains?|shows?|got|see|\w+ digits?|\d+ digits?)"
    r"|no (?:record|match|matching|order|account|booking|result|trace)s?\b|nothing"
    r" (?:comes|came|is coming) up|typo|mistyped|missing (?:a|one|some|the last"
    r"|two) (?:digit|number|character|letter)s?|digits? (?:is |are )?(?:missing"
    r"|short)|too (?:short|long|blurry|small|dark)|blurr(?:y|ed)|unreadable|illegible"
    r"|belongs to (?:another|a different|someone)|(?:another|a different|someone"
    r" else's) (?:customer|person)|comes? up (?:empty|blank)|came up (?:empty|blank)"
    r"|bounced|returns? (?:an? )?(?:error|nothing|no))\b"
)
_ASIDE = re.compile(
    r"\b(?:one|once|a few) more(?: (?:thing|question|time|detail|point)s?)?\b|\banother"
    r" (?:question|thing)\b|\bonce again\b"
)
_OTHER = re.compile(
    r"\b(?:other|another|else|different|second|2nd|third|additional|alternative"
    r"|alternate|alternatively|more|further|backup|new|instead|next|replacement"
    r"|spare|remaining)\b"
)
_OUTCOME = re.compile(
    r"\b(?:(?:did|does|has|have|is|was)(?:n't)? (?:that|this|it|the \w+(?: \w+)?"
    r"|\w+ing(?: \w+){0,3}) (?:help|work|fix|solve|resolve|make (?:a|any) difference"
    r"|change|do the trick|go|improve|helped|worked|fixed|solved|complete|succeed"
    r"|finish)"
    r"|what happen(?:s|ed|ens) (?:when|after|if|once|next|then)|how did (?:it|that"
    r"|this|the)|any (?:luck|change|difference|improvement|better|joy)|after (?:the"
    r"|you|that|doing|a|your)\b.*\b(?:still|now|any)|(?:still|same) (?:happening"
    r"|issue|problem|error)|is it (?:still|now)|has (?:it|anything) changed)\b"
)


def clauses(text: str) -> list[str]:
    """The clauses of plain text: cut at sentence ends and where a further question word follows a comma or "and"."""
    return [piece.strip() for piece in _CLAUSE.split(text) if piece and piece.strip()]


def confirms(text: str) -> bool:
    """Does it ask the customer to agree to what it states ("your order is 4711, right?")?"""
    return bool(_CONFIRM.search(text))


def closes(text: str) -> bool:
    """Is it the offer of more help, or a goodbye?"""
    return bool(_CLOSING.search(text))


def checks_security(text: str) -> bool:
    """Does it ask in order to verify who is writing?"""
    return bool(_SECURITY.search(text))


def calls_unusable(text: str) -> bool:
    """Does it say that an earlier answer could not be used?"""
    return bool(_UNUSABLE.search(text))


def means_another(text: str) -> bool:
    """Does it ask for another thing of the same kind?"""
    return bool(_OTHER.search(_ASIDE.sub(" ", text)))


def asks_outcome(text: str) -> bool:
    """Does it ask how a step went, rather than for the step?"""
    return bool(_OUTCOME.search(text))


def requests(clause: str) -> bool:
    """Does this clause ask or request something?"""
    if _PAUSE.search(clause) and "?" not in clause:
        return False
    return "?" in clause or any(pattern.search(clause) for pattern in (_REQUEST, _WH_START, _BRIEF))


def asks(text: str) -> bool:
    """Does the whole message ask the customer for something, rather than confirm, inform or say goodbye?"""
    if confirms(text):
        return False
    return any(requests(piece) and not closes(piece) for piece in clauses(text))
