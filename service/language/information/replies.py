"""How customers answer: lacking what was asked, not having done it yet, protesting that it was said before."""

from __future__ import annotations

import re

from service.language.information.values import plain

_LACKS = re.compile(
    r"\b(?:don'?t|do not|didn'?t|haven'?t|can'?t|cannot|couldn'?t|never|no idea"
    r"|not sure|without|lost|where (?:do|can|is|would)|no longer|unable)\b(?: \w+'?\w*){0,5}?"
    r" (?:have|got|find|know|remember|see|received?|get|locate|it|one|any|number"
    r"|what|my)\b|\b(?:what|which|where)(?:'s| is| are) (?:my|the|an?)\b|\bno (?:order"
    r"|account|invoice|reference|tracking|serial|booking)? ?(?:number|id)\b|\blost"
    r" (?:it|my|the)\b|\bdon'?t (?:have|know|remember) (?:it|that|one)\b"
)
_TOLD = re.compile(
    r"\b(?:told|said|gave|given|mentioned|provided|sent|shared|explained|typed"
    r"|entered|wrote|written|stated|answered|attached|uploaded|repeat\w*|scroll"
    r"|above|second time|how many times|asked|read)\b"
)
_NOT_YET = re.compile(
    r"\b(?:not yet|haven'?t|have not|will (?:try|do)|i'?ll (?:try|do|give)|let"
    r" me try|how (?:do|can) i|where (?:do|is|can)"
    r"|can'?t (?:do|find|get)|don'?t know how|didn'?t (?:try|think)|never tried|no,? i (?:didn'?t|did not)"
    r"|what (?:do|does|is)|trying (?:now|it))\b"
)
_NO = re.compile(
    r"\W*+(?:(?:no|nope|nah)\W*+)?(?:i )?(?:didn'?t|haven'?t|did not|have not|not)(?: (?:yet|try|tried|it|that|this"
    r"|do|done))*\W*$"
)
"""A bare "no, didn't"."""
_TRIED = re.compile(r"\b(?:already|did (?:that|this)|done (?:that|this)|tried (?:that|this|it)|as i said|again)\b")
_PROTEST = re.compile(
    r"\b(?:already|just|previously|earlier) (?:\w+ ){0,2}?(?:told|said|gave|given"
    r"|mentioned|provided|sent|shared|explained|answered|typed|entered|did|done"
    r"|wrote|written|stated|told|uploaded|attached|tried|pasted|specified|went"
    r" through)\b"
    r"|\b(?:told|gave|said|mentioned|provided|sent|shared|explained|answered|typed"
    r"|wrote|uploaded|attached|pasted)\b(?: \w+){0,6}? (?:already|before|earlier"
    r"|twice|just now|a minute ago|(?:to )?the (?:bot|chat ?bot|assistant|robot"
    r"|machine|other (?:agent|person|guy|lady|colleague))|your (?:bot|chat ?bot"
    r"|colleague|assistant))\b"
    r"|\b(?:like|as) i(?:'ve| have)? (?:just |already )?(?:said|mentioned|told"
    r"|wrote|explained|stated|described)\b|\b(?:it's|it is|all|scroll|see|read"
    r"|look) (?:\w+ )?(?:up |right )?(?:above|further up|in the chat|in my first"
    r" message|in the transcript|the chat (?:history|log))\b"
    r"|\bscroll up\b|\b(?:again|once more)\s*\?|\bhow many times\b|\b(?:have|having"
    r"|need|do i have) to (?:repeat|say it all|explain (?:it|this|everything|myself)"
    r" (?:all )?again|start (?:all )?over)\b|\bsecond time\b|\bthird time\b|\brepeat(?:ing)?"
    r" (?:myself|it|this|everything|all)\b|\bdidn't (?:the bot|you|they|anyone)"
    r" (?:\w+ )?(?:read|tell|pass|see|get)\b|\bi have (?:already )?(?:told|said"
    r"|given|done|tried) (?:\w+ )?(?:this|that|it|all)\b"
    r"|\b(?:the|your) (?:bot|chat ?bot|assistant) (?:already )?(?:asked|has|had|got|knows|took)\b"
)


def lacks(text: str) -> bool:
    """Does a customer (plain text) say that they do not have, know or find what was asked?"""
    return bool(_LACKS.search(text))


def not_yet(text: str) -> bool:
    """Does a customer (plain text) say that a step was not taken, or ask how?"""
    return bool(_NOT_YET.search(text) or _NO.match(text)) and not says_done(text)


def says_done(text: str) -> bool:
    """Does a customer (plain text) say "already did that"?"""
    return bool(_TRIED.search(text))


def told_before(text: str) -> bool:
    """Does a customer protest that this was said before, not only that it was tried?"""
    return protests(text) and bool(_TOLD.search(plain(text)))


def protests(text: str) -> bool:
    """Does the customer say that this was asked, said or done before?"""
    return bool(_PROTEST.search(plain(text)))
