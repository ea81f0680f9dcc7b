"""Reports as text, mail and chat messages: nothing unescaped or too large; where chats may be; the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_string, policy
from typing import Any

import pytest
from click.testing import CliRunner
from mail_server import Mailbox, mail_server

from connectors.addresses import ForbiddenAddress
from connectors.chat_addresses import checked, host
from service.cli import main
from service.reports.periodic import chat
from service.reports.periodic.chat import Picture, slack, teams
from service.reports.periodic.mail import html, mail, text
from service.reports.periodic.report import Line, Report, Section
from service.store.secrets import new_key

SNEAKY = "<b>refund</b> & [click](https://evil.example) *now* \\ `x`"
BASE = "https://deskmark.example"


def report(sections: int = 1, lines: int = 1, words: str = "") -> Report:
    line = Line(SNEAKY, "bad", "n 20", "/gaps/1?a=1&b=2", None, words)
    return Report(
        "/reports/weekly?day=2026-03-02", f"Title {SNEAKY}", f"Headline {SNEAKY}", "bad",
        (*(Section(f"Part {n}", (line,) * lines) for n in range(sections)), Section("None", empty="Nothing <here>.")),
        ("based on <this>",),
    )  # fmt: skip


def test_html_holds_no_markup_of_anybody_else() -> None:
    page = str(html(report(words="<i>mine</i>"), BASE))
    assert "<b>" not in page
    assert "<i>" not in page
    assert "&lt;b&gt;refund&lt;/b&gt; &amp; [click]" in page
    assert 'href="https://deskmark.example/gaps/1?a=1&amp;b=2"' in page
    assert "href" not in str(html(report(), "")), "without an address there are no links"


def test_text_says_everything() -> None:
    words = text(report(words="mine"), BASE)
    assert "“mine”" in words
    assert "n 20" in words
    assert "Nothing <here>." in words
    assert f"{BASE}/gaps/1?a=1&b=2" in words
    assert BASE not in text(report(), "")


def test_a_line_break_in_an_address_is_refused() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        mail(report(), sender="a@b.example", to="x@y\nBcc: z@z", base="", message_id="<1@x>", at=datetime.now(UTC))


def test_slack_gets_what_it_takes() -> None:
    pictures = [Picture(f"{BASE}/reports/images/x.png", "A chart")]
    message = slack(report(sections=80, lines=30), BASE, pictures)
    blocks = message["blocks"]
    assert len(blocks) <= chat.BLOCKS
    assert sum(len(json.dumps(block, ensure_ascii=False)) for block in blocks) < 13_000
    assert all(len(block["text"]["text"]) <= 3000 for block in blocks if "text" in block)
    said = json.dumps(blocks, ensure_ascii=False)
    assert "&lt;b&gt;refund&lt;/b&gt; &amp;" in said
    assert "and 24 more" in said
    assert blocks[-1]["text"]["text"] == f"<{BASE}/reports/weekly?day=2026-03-02|Open in Deskmark>"
    assert "<https" not in json.dumps(slack(report(), "")["blocks"])
    assert "Nothing &lt;here&gt;." in json.dumps(slack(report(), "")["blocks"])


def test_teams_gets_one_card_that_is_small_enough() -> None:
    message = teams(report(sections=80, lines=30), BASE)
    card = message["attachments"][0]["content"]
    assert len(json.dumps(message)) < 28_000
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    words = [block["text"] for block in card["body"]]
    assert "The rest is on the page." in words
    assert any("\\[click\\](https://evil.example)" in each for each in words), "no link but ours"
    assert card["actions"][0]["url"] == f"{BASE}/reports/weekly?day=2026-03-02"
    assert "actions" not in teams(report(), "")["attachments"][0]["content"]


@pytest.mark.parametrize(
    "address",
    [
        "https://hooks.slack.com/services/T0/B0/x",
        "https://prod-1.westeurope.logic.azure.com:443/workflows/x?sig=y",
        "https://default0a.11.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/x?sig=y",
        " https://acme.webhook.office.com/webhookb2/x ",
        "https://chat.acme.example:8443/hooks/x",
    ],
)
def test_a_chats_address_is_taken(address: str) -> None:
    assert checked(address, hosts="other.example, chat.acme.example:8443") == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.slack.com/x", "https://hooks.slack.com", "https://hooks.slack.com:8443/x", "https://a@hooks.slack.com/x",
        "https://hooks.slack.com.evil.example/x", "https://evil.example/hooks.slack.com/x", "https://logic.azure.com.evil/x",
        "https://chat.acme.example/x", "https://10.0.0.1/x", "https://hooks.slack.com/x y", "file:///etc/passwd", "",
        "https://hooks.slack.com\\@evil.example/x", "http://127.0.0.1:1/x", "https://HOOKS.slack.com/x",
    ],
)  # fmt: skip
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(ForbiddenAddress, match="must be the address of an incoming webhook"):
        checked(address, hosts="chat.acme.example:8443,.*,*")


def test_a_stand_in_on_this_machine_only_where_that_is_switched_on() -> None:
    assert host(checked("http://127.0.0.1:9000/hook", local=True)) == "127.0.0.1"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as made:
        yield made


@pytest.fixture
def run(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, box: Mailbox) -> Any:
    for name, value in {
        "DATABASE_URL": sqlite_url, "DESKMARK_SECRET_KEY": new_key(), "DESKMARK_SESSION_KEY": "a key for tests",
        "DESKMARK_DATA_DIR": str(tmp_path), "DESKMARK_SMTP_URL": f"smtp://127.0.0.1:{box.port}",
        "DESKMARK_MAIL_FROM": "deskmark@acme.example",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)

    def command(*words: str, given: str = "") -> Any:
        return CliRunner().invoke(main, ["reports", *words], input=given)

    return command


def test_a_report_is_printed_and_sent_from_the_command_line(run: Any, box: Mailbox) -> None:
    printed = run("print", "weekly", "--day", "2026-03-04")
    assert printed.output.startswith("Weekly report, 2 Mar to 8 Mar 2026\n====")
    shown = run("send", "daily", "--to", "ada@acme.example", "--print")
    assert message_from_string(shown.output, policy=policy.default)["To"] == "ada@acme.example"
    assert box.mails == []
    sent = run("send", "monthly", "--to", "ada@acme.example")
    assert sent.output.startswith("Sent to ada@acme.example: Monthly report, ")
    assert len(box.mails) == 1
    box.refuse = "550 nobody here"
    assert "the mail server refuses the recipient (550)" in run("send", "daily", "--to", "ada@acme.example").output
    assert "there is no helpdesk x" in run("print", "daily", "--installation", "x").output
    assert run("send", "daily", "--to", "a@b\nBcc: c@d").exit_code == 2


def test_routes_are_added_listed_and_removed_from_the_command_line(run: Any) -> None:
    assert "Nothing is sent." in run("routes", "list").output
    assert run("routes", "add", "Team", "--mail", "team@acme.example", "--sends", "weekly").output == "Added as 1.\n"
    added = run("routes", "add", "Chat", "--slack", "--sends", "alerts", "--audience", "content",
                given="https://hooks.slack.com/services/x\n")  # fmt: skip
    assert added.exit_code == 0
    assert "services/x" not in added.output
    listed = run("routes", "list").output
    assert "1  Team  mail t…@acme.example  weekly  everything" in listed
    assert "2  Chat  slack hooks.slack.com  alerts  content" in listed
    refused = run("routes", "add", "Chat", "--teams", "--sends", "wins", given="https://10.0.0.1/x\n")
    assert "the address must be" in refused.output
    assert "no e-mail address" in run("routes", "add", "T", "--mail", "x", "--sends", "wins").output
    assert run("routes", "add", "T", "--sends", "wins").exit_code == 2
    assert "there is none" in run("routes", "remove", "9").output
    assert (
        "there is none" in run("routes", "add", "T", "--mail", "a@b.c", "--sends", "wins", "--installation", "x").output
    )
    assert run("routes", "remove", "1").output == "Removed.\n"
