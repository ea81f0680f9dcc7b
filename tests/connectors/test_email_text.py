"""What is left of an e-mail once everything that was not newly written is gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email_text import LIMIT, html_text, is_automatic, written_text

REPLY = """Hi,

the parcel is still missing.
- I called the depot
- I checked the box again

Kind regards,
Noor Example
+44 20 0000 0000

On Mon, 3 Mar 2025 at 10:00, Support <help@shop.example> wrote:
> Could you check the depot?
>
> Sam
"""


def test_history_and_signature_go_lists_stay() -> None:
    text = written_text(REPLY)

    assert text.endswith("- I called the depot\n- I checked the box again")
    assert "Noor" not in text
    assert "Could you" not in text


def test_answers_between_quoted_lines_stay() -> None:
    assert written_text("> Which order?\nORD-1\n> Which address?\nthe old one") == "ORD-1\nthe old one"


def test_answers_below_the_history_stay() -> None:
    assert written_text("On Tue, Sam wrote:\n> Which order?\n\nORD-1") == "ORD-1"


def test_nothing_but_history_is_empty() -> None:
    assert written_text("On Tue, Sam wrote:\n> Which order?") == ""


def test_thanks_inside_a_text_do_not_end_it() -> None:
    text = "The first one works.\nThanks, but the second one still shows the old price.\nCan you look?"

    assert written_text(text) == text


def test_sign_off_far_above_the_end_is_text() -> None:
    text = "Hello\nThanks\n" + "\n".join(f"line {n}" for n in range(12))

    assert written_text(text) == text


@pytest.mark.parametrize(
    "mark",
    [
        "##- Please type your reply above this line -##",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "From: Support\nSent: Monday\nTo: Noor\nSubject: parcel",
    ],
)
def test_marks_above_history(mark: str) -> None:
    assert written_text(f"It is ORD-1.\n\n{mark}\nold words") == "It is ORD-1."


def test_long_lines_survive_whole() -> None:
    line = "word " * 400

    assert written_text(f"{line}\n\nOn Tue, Sam wrote:\n> old") == line.strip()


def test_blank_lines_by_the_thousand_are_read_in_time() -> None:
    assert written_text("a" + "\n" * 60_000 + "b") == "a\n\nb"


@given(st.text(alphabet="ab \n>-:_.\r", max_size=400))
def test_never_adds_a_word(body: str) -> None:
    assert set(written_text(body).split()) <= set(body.split())


def test_only_so_much_is_read() -> None:
    assert len(written_text("word " * LIMIT)) <= LIMIT


def test_blocks_become_lines() -> None:
    markup = "<div><p>Hello &amp; hi,</p><p>one<br>two</p><ul><li>a</li><li>b</li></ul><pre>x\ny</pre></div>"

    assert html_text(markup).split("\n") == ["Hello & hi,", "", "one", "two", "", "- a", "", "- b", "", "x", "y"]


def test_hidden_parts_and_comments_are_not_text() -> None:
    assert html_text("<style>p{}</style><!-- no --><script>x()</script><p>yes</p><!-- open") == "yes"


def test_quotes_are_dropped_only_on_request() -> None:
    markup = "<p>new</p><blockquote>old <blockquote>older</blockquote></blockquote><div class='gmail_quote'>q</div>"

    assert html_text(markup, drop_quotes=True) == "new"
    assert "older" in html_text(markup)


def test_text_without_markup_is_unescaped_only() -> None:
    assert html_text("  a &lt; b, https://x.example ") == "a < b, https://x.example"


def test_unclosed_tags_are_text() -> None:
    assert html_text("<b>1 <a and 2</b>") == "1 <a and 2"


@pytest.mark.parametrize("markup", ["<div>" * 3_000, "<a b='" * 20_000, "<!--" * 20_000])
def test_hostile_markup_is_read_in_time(markup: str) -> None:
    html_text(markup, drop_quotes=True)


@pytest.mark.parametrize(
    ("text", "subject", "automatic"),
    [
        ("See you.", "Automatic reply: parcel", True),
        ("See you.", "RE: Out of Office", True),
        ("I am currently out of the office and will return on 4 March.", None, True),
        ("This is an automated response, do not answer.", "parcel", True),
        ("I was out of the office when it came, where is it?", "Re: parcel", False),
        ("Please send an automatic payment form.", None, False),
    ],
)
def test_answering_machines(text: str, subject: str | None, automatic: bool) -> None:
    assert is_automatic(text, subject) is automatic
