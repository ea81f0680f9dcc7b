"""Agents who want a number or a contact detail without putting a question: "your order number and I'll check".

`seeks("drop me your order number")` is True. Reads plain text (see `values.plain`).
"""

from __future__ import annotations

import re

_DETAIL = (
    r"(?:[\w/.'-]+ ){0,3}?(?:numbers?|no|nr|num|ids?|codes?|ref(?:erence)?s?|name|surname|e-?mail|imei|serial|s/n|pnr"
    r"|iban|sku|vin|reg(?:istration)?|plates?|address|post ?code|zip|login|handle|tag|gamertag|account|booking|order"
    r"|invoice|phone|telephone|mobile|e mail|username)\b\.?"
)
_MY = r"(?:your|the|ur|an?|that|any)"
_HANDED = (
    r"(?:drop|pop|type in|shoot|hit|ping|fire|slide|whack|chuck|sling|text|message|pass|hand|send|give|throw|leave"
    r"|put|type|key"
    r"|say|read|spell|tell|paste|copy|write|enter|input|advise|quote|state|share|provide|supply|confirm|include"
    r"|mention"
    r"|reply|respond|furnish|note)"
)
_START = r"^(?:\W*(?:hi|hello|hey|ok|okay|right|so|and|just|thanks|sure|great|first|please|sorry|good \w+)\b)*\W*"
_NO_VERB = r"(?!(?:does|do|did|is|are|was|has|have|can|could|will|would|should|if|when|where|why|how|i|we|it)\b)"
_WANTED = (
    r"(?:need|require|like to take|like to have|like to get|love|take|after|missing|looking for"
    r"|(?:start|start off|begin|kick off) (?:here )?with|help to (?:have|get|know)|helps? if you have)"
)
_SEEKS = re.compile(
    rf"\b{_HANDED}(?: me| us| in| back| out| over)*(?: with)? {_MY} {_DETAIL}"
    rf"|\b(?:have|has|got|find|know|remember|recall) (?:you (?:got |still got )?)?(?:me )?{_MY} {_DETAIL}[^?]*\?"
    rf"|\b(?:let(?:'s| me| us)) (?:have|get|take|grab|start with) {_MY} {_DETAIL}"
    rf"|\bask (?:you )?(?:again )?for {_MY} {_DETAIL}"
    rf"|\b{_WANTED} {_MY} {_DETAIL}"
    rf"|{_START}{_NO_VERB}(?:{_MY} )?{_DETAIL}"
    r"(?:[^.?!]{0,40}\?| (?:pls|plz|please|thx|then|first|again)\b|,? and (?:i|we)(?:'ll|'m|'d| will| can)\b)"
    rf"|\b{_MY} {_DETAIL} (?:would|will|'d|might|could) (?:\w+ )?(?:help|speed|let me|allow me|do"
    r"|be (?:great|good|useful|helpful|needed|required|perfect|handy))\b"
    rf"|\bis there {_MY} {_DETAIL}"
    rf"|\bany chance (?:of|you|i)\b[^?]*\b{_DETAIL}"
)
_ELSEWHERE = re.compile(
    r"\b(?:enter|type|put|key|input|add|write|quote|include|mention|give|show|tell|state)\b.+ (?:on|in|into|at|to"
    r"|when"
    r"|if|as|with|for) (?:our|the|your|that|this|any|you|a|them|him|her)\b(?! (?:chat|reply|message|letter|label|back"
    r"|box below|conversation|invoice|receipt))"
    r"|\b(?:i'll|i will|i've|i have|i can|we'll|we will|we have|we've|i|they'll|they|you(?:'ll| will| can)) (?:\w+ )?"
    r"(?:send|give|text|e-?mail|share|pass|put|leave|note|include|mention|add|sent|gave|got|found|see|find|receive"
    r"|get)"
    r"\b"
)
"""A detail to be entered somewhere else, or that the agent sends or has."""


def seeks(clause: str) -> bool:
    """Does a clause (plain) want a detail handed over, whether or not it is put as a question?"""
    return not _ELSEWHERE.search(clause) and bool(_SEEKS.search(clause))
