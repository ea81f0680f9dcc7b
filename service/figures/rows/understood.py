"""What customers wanted: recognised or not, new, and covered by examples to train a bot on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.figures.beside import Beside
from service.figures.rates import Rate
from service.figures.results import Better, Unit, Value, count, share
from service.figures.tally import Tally

CONFUSIONS = 10
"""How many pairs of confused intents are shown, the most frequent first."""

FEWEST_EXAMPLES = 10
"""Examples from which an intent counts as covered."""

NOVEL = "novel"


def recognition(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """Per intent precision, recall and confusion, of what the bot reported and of what Deskmark read, against what a
    human corrected it to; a human's confirmation of the same intent counts as well.

    Only conversations that a human looked at count: where humans look at suspicious ones only, the true figures are
    better. `agreed`: Deskmark and bot read the same, in all conversations.
    """
    agreed: dict[str, int] = {}
    for parts, cases in tally.split("intent.agreed"):
        agreed[parts[1]] = agreed.get(parts[1], 0) + cases
    return (
        *_recognised("bot", tally, "intent.reported", beside),
        *_recognised("deskmark", tally, "intent.read", beside),
        share("agreed", Rate(agreed.get("yes", 0), sum(agreed.values())), least=beside.least),
    )


def _recognised(who: str, tally: Tally, measure: str, beside: Beside) -> Iterator[Value]:
    pairs = {(assumed, wanted): n for (assumed, wanted), n in tally.split(measure)}
    right = {assumed: n for (assumed, wanted), n in pairs.items() if assumed == wanted}
    higher, least = Better.HIGHER, beside.least
    yield share(f"{who}.accuracy", Rate(sum(right.values()), sum(pairs.values())), better=higher, least=least)
    for name, side in (("precision", 0), ("recall", 1)):
        if not beside.needs(f"{who}.{name}"):
            continue
        sums: dict[str, int] = {}
        for pair, n in pairs.items():
            sums[pair[side]] = sums.get(pair[side], 0) + n
        for intent, n in sums.items():
            yield share(f"{who}.{name}", Rate(right.get(intent, 0), n), of=intent, better=higher, least=least)
    wrong = sorted(((n, pair) for pair, n in pairs.items() if pair[0] != pair[1]), key=lambda item: (-item[0], item[1]))
    for n, (assumed, wanted) in wrong[:CONFUSIONS]:
        yield count(f"{who}.confused", n, of=f"{assumed} → {wanted}", better=Better.LOWER)


def novel(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """Share of conversations whose intent the catalog does not know, and proposed new intents with their sizes."""
    intents = tally.of("intent")
    rate = Rate(intents.get(NOVEL, 0), sum(intents.values()))
    return (
        share("novel", rate, better=Better.LOWER, least=beside.least),
        *(
            count("proposed", proposal.size, of=proposal.label, note=", ".join(proposal.examples))
            for proposal in beside.proposals
        ),
    )


def training(tally: Tally, beside: Beside) -> tuple[Value, ...]:
    """Share of conversations fit to train on and why others are not, how often humans correct the bot's intent, and
    how much of real demand falls on intents with enough examples (fit conversations and the catalog's own)."""
    fit: dict[str, int] = {}
    unfit = 0
    for (intent, word), n in tally.split("training"):
        if word == "fit":
            fit[intent] = fit.get(intent, 0) + n
        else:
            unfit += n
    least = beside.least
    corrections = tally.of("intent.correction")
    reasons = sorted(tally.of("training.reason").items(), key=lambda item: (-item[1], item[0]))
    corrected = Rate(corrections.get("corrected", 0), sum(corrections.values()))
    fit_share = Rate(sum(fit.values()), sum(fit.values()) + unfit)
    return (
        share("fit", fit_share, better=Better.HIGHER, least=least),
        *(share("unfit_because", Rate(n, unfit), of=reason, least=least) for reason, n in reasons),
        share("corrected", corrected, better=Better.LOWER, least=least),
        *_coverage(tally.of("intent"), fit, beside),
    )


def _coverage(demand: Mapping[str, int], fit: Mapping[str, int], beside: Beside) -> Iterator[Value]:
    """The covered share of demand (novel ones are never covered), then each intent's share of demand and examples."""
    examples = {intent: fit.get(intent, 0) + beside.examples.get(intent, 0) for intent in demand if intent != NOVEL}
    n = sum(demand.values())
    covered = sum(demand[intent] for intent, known in examples.items() if known >= FEWEST_EXAMPLES)
    yield share("covered", Rate(covered, n), better=Better.HIGHER, least=beside.least)
    if not beside.intents:
        return
    for intent, known in sorted(examples.items(), key=lambda item: (-demand[item[0]], item[0])):
        yield share("demand", Rate(demand[intent], n), of=intent, least=beside.least)
        word = "" if known >= FEWEST_EXAMPLES else "too few"
        yield Value("examples", float(known), Unit.COUNT, known, intent, better=Better.HIGHER, word=word)
