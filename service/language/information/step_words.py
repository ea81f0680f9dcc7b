"""Steps outside the table: compared by their words, or by the thing that was swapped for another."""

from __future__ import annotations

import re

from service.language.information.items import Item, Kind
from service.language.information.questions import means_another
from service.language.information.values import word_set

_OWN = re.compile(
    r"\b(?:i|we|our \w+)(?:'ve|'ll|'m|'re| have| will| am| are| was| were| can"
    r"| could| just| already| had)*(?: just| already| now| also| gone ahead and"
    r"| going to| try to| trying to)* (?:re|power|clear|updat|refresh|reset|push"
    r"|trigger|run|ran|sent|send|restart|clean|re-?sent|issued|generat|enabl|disabl"
    r"|install|check|log|chang|wait|ask)|\blet me\b|\ballow me\b|\b(?:shall|should"
    r"|can|could|may) i\b|\bon (?:my|our) (?:side|end)\b"
)
_STOP = word_set(
    "a an the i you he she it we they me my your our us is are was were be been"
    " being am do does did done doing will would can could shall should may might"
    " must has have had having to of in on at for from with and or but so if then"
    " than that this "
    "these those there here what which who when where how why please pls ok okay"
    " sure yes no not any some want need like just also about as by up out off"
    " again already try tried trying attempt attempted make sure go ahead let"
    " lets give gave good "
    "once more first next now kindly you've i've we've i'd i'll let's yet maybe"
    " perhaps quickly one time times few minute minutes second seconds see tell"
    " know still all both too really same did didn't doesn't don't haven't isn't"
    " it's help work works "
    "worked problem issue nothing changes change thing things thank thanks hi"
    " hello hey take ask asked suggest recommend start step steps begin another"
    " different other new very well back them its into over after before while"
    " really properly right "
    "manage managed remember possible able happen get got look looked check checked"
    " checking mind you're alright great"
)
_VERB_ASK = re.compile(
    r"\b(?:have you (?:already |also |ever |perhaps )*(?:tried |attempted )?|did"
    r" you (?:already |also )*(?:try|attempt|remember|manage)?|(?:try|tried|suggest"
    r"|recommend|start (?:by|with)|go ahead and|would you mind|how about) |(?:please"
    r"|kindly|could you|can you|would you|let's|you(?:'ll)? (?:need|have) to|you"
    r" (?:can|should)|i'd like you to|make sure)\b)"
)
_INFORMATION = re.compile(
    r"\b(?:let'?s (?:get|see|look|find|have|take|go|hope)|tell|share|send|provide"
    r"|give me|give us|let me know|describe|explain|confirm|specify|attach|upload"
    r"|forward|know|have your|need your|what|which|who|why|how|when|where|receive"
    r"|bought|buy|order(?:ed)?|place[d]?|cancel(?:led)?|pay|paid|notice|remind"
    r"|wait|bear|allow|elaborate|clarify|reply|screenshot|photo|email|e-mail|contacted"
    r"|used|use|changed your|moved)\b"
)
_SWAP_ASKED = re.compile(
    r"\b(?:tr(?:y|ied|ying)|us(?:e|ed|ing)|test(?:ed|ing)?|swap\w*|replac\w*|chang\w*"
    r"|put\w*)\b(?: \w+){0,4}? (?:an?other|a different|different|a new|new|fresh)"
    r" (?P<thing>[a-z]{3,})"
)
_SWAP_GIVEN = re.compile(
    r"\b(?:chang(?:ed|ing)|replac(?:ed|ing)|swapp(?:ed|ing)|exchanged)\b (?:out"
    r" )?(?:the |my |its |all |both )*(?P<thing>[a-z]{3,})|\b(?:another|different"
    r"|new|other|second|two|three|several|multiple|fresh) (?P<other>[a-z]{3,})"
)


def swaps_asked(clause: str) -> set[Item]:
    """The things an agent asks to replace by another of their kind: "swap:bulb"."""
    return _swapped(_SWAP_ASKED, clause)


def swaps_given(sentence: str) -> set[Item]:
    """The things a customer replaced by another of their kind."""
    return _swapped(_SWAP_GIVEN, sentence)


def is_own_work(text: str) -> bool:
    """Does an agent speak of what they do themselves ("I have reset it")?"""
    return bool(_OWN.search(text))


def _swapped(pattern: re.Pattern[str], text: str) -> set[Item]:
    things = {
        match.groupdict().get("thing") or match.groupdict().get("other") or "" for match in pattern.finditer(text)
    }
    return {Item(Kind.STEP, f"swap:{stem(thing)}") for thing in things if thing and thing not in _STOP}


def asked_words(clause: str) -> set[Item]:
    """A step outside the table, by the words of its clause: "~descal machin"."""
    match = _VERB_ASK.search(clause)
    if (
        not match
        or means_another(clause.replace("once more", "again"))
        or " or " in clause
        or _INFORMATION.search(clause)
        or is_own_work(clause)
    ):
        return set()
    return words_of(clause[match.start() :])


def words_of(text: str) -> set[Item]:
    """The step a clause speaks of, by its content words in their order; none when there are too many."""
    words = list(dict.fromkeys(stem(word) for word in re.findall(r"[a-z'-]{3,}", text) if word not in _STOP))
    return {Item(Kind.STEP, "~" + " ".join(words))} if words and len(words) <= 14 else set()


def stem(word: str) -> str:
    """The word without its ending: "descaled" and "descaling" are "descal", as is "descale"."""
    base = re.sub(r"(?:ings?|ed|es|e|s)$", "", word) if len(word) > 4 else word
    return base[:-1] if len(base) > 3 and base[-1] == base[-2] else base
