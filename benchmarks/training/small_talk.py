"""What people write around what they want: greetings, names, numbers, moods. Our own sentences.

Put around a labelled message, they teach the text model that none of it says what the message is about.
"""

from __future__ import annotations

import numpy as np

HELLO = (
    "Hi",
    "Hi there",
    "Hello",
    "Hey",
    "Good morning",
    "Good evening",
    "Good afternoon",
    "Yes hello",
    "Yeah hi",
    "Hello, how are you?",
    "Hi, hope you are well.",
    "Dear support team,",
    "Hey there, thanks for taking my chat.",
)
WHO = (
    "my name is {n}",
    "this is {n}",
    "I am {n}",
    "{n} here",
    "I am {n} and I have been a customer for {k} years",
    "my email is {n}@mail.com",
    "my customer number is {d}",
    "my account ends in {e}",
)
MOOD = (
    "I'm in a hurry",
    "I have been on hold forever",
    "I am a bit stressed today",
    "sorry to bother you again",
    "this is urgent",
    "not sure if you are the right person",
    "my husband told me to write to you",
    "I tried the website first and got nowhere",
    "a friend recommended you",
    "we just got back from a trip",
    "my daughter is off to college soon",
    "I was reading my mail this morning",
    "I am on my lunch break",
    "it has been a long day",
    "I recently moved to {c}",
    "I live in {c}",
)
ASK = (
    "I was wondering if you could help me with something.",
    "I have a question.",
    "I need some help please.",
    "I'm hoping you can help me out.",
    "Can you help me?",
    "Could you do something for me?",
    "here is the thing.",
    "so basically",
)
END = (
    "Thanks.",
    "Thank you so much!",
    "Please let me know.",
    "Can you help?",
    "I appreciate it.",
    "Many thanks, {n}",
    "please",
    "Is there anything you can do about that?",
    "I need this done today.",
    "My number is {d}.",
    "My reference is {d}.",
    "I'm losing patience.",
    "Sorry for the trouble.",
    "Let me know what you need from me.",
    "asap pls",
)
FIRST = "Anna Ben Carlos Dana Erik Fatima George Hannah Ivan Julia Ken Lena Marco Nadia Owen Priya Quinn Rosa Sam Tara"
FIRST_NAMES = (*FIRST.split(), "Umar", "Vera", "Will", "Yusuf", "Zoe")
LAST_NAMES = tuple("Miller Lopez Chen Novak Okafor Brandt Silva Khan Peters Moreau Rossi Larsen Adams Kim".split())
PLACES = tuple("Denver Leeds Toronto Austin Dublin Seattle Perth Boston Ohio Kansas".split())


def wrapped(text: str, rng: np.random.Generator) -> str:
    """`text` with small talk before it, after it, or both."""
    before, after = [], []
    for odds, choices in ((0.7, HELLO), (0.4, WHO), (0.3, MOOD), (0.25, ASK)):
        if rng.random() < odds:
            before.append(rng.choice(choices))
    for odds, choices in ((0.35, END), (0.15, MOOD)):
        if rng.random() < odds:
            after.append(rng.choice(choices))
    if not before and not after:
        before = [rng.choice(HELLO)]
    out = ""
    for part in before:
        out += _filled(part, rng)
        out += " " if out[-1] in ".!?," else rng.choice([", ", ". ", "! ", " "])
    out += text.strip()
    for part in after:
        out += " " if out[-1] in ".!?" else rng.choice([". ", ", ", " "])
        out += _filled(part, rng)
    return out


def _filled(part: str, rng: np.random.Generator) -> str:
    """A name, a place and numbers where they belong. Every draw is made each time, so that runs stay comparable."""
    name = rng.choice(FIRST_NAMES) + (" " + rng.choice(LAST_NAMES) if rng.random() < 0.5 else "")
    return (
        part.replace("{n}", name)
        .replace("{c}", rng.choice(PLACES))
        .replace("{k}", str(rng.integers(2, 30)))
        .replace("{d}", str(rng.integers(10**5, 10**9)))
        .replace("{e}", str(rng.integers(1000, 9999)))
    )
