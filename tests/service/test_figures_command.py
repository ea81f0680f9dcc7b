"""`deskmark figures` as a person runs it: the same numbers from the database, an export, scorecards and documents."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fact_samples import facts
from hypothesis import given, settings
from hypothesis import strategies as st

from service.cli import main
from service.figures.beside import Beside, Prices, Proposal
from service.figures.catalogue import ALL_FIGURES, figure
from service.figures.fact import Fact
from service.figures.results import Unit, Value
from service.figures.tally import tally
from service.figures.wording import duration, interval, number
from service.reports.figures import BESIDE, TRENDS, Question, answers, to_json
from service.reports.sources import OfFile
from service.store.figures import Period

CHANNELS = ("messaging", "email")
ASKED = "Where is my parcel? It should have come on Monday."


def document(number: int) -> dict[str, Any]:
    """A conversation a day; every third one is handed over to a team."""
    start = datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(days=number)

    def said(n: int, role: str, text: str, **more: Any) -> dict[str, Any]:
        at = (start + timedelta(minutes=n)).isoformat()
        return {"id": f"m{n}", "at": at, "author": {"role": role, "id": f"{role}-{number}", **more}, "text": text}

    messages = [said(0, "customer", ASKED), said(1, "bot", "Parcels take five days.")]
    if number % 3 == 0:
        messages += [said(2, "customer", "I want a human please"), said(9, "agent", "It comes today.", group="Parcels")]
    else:
        messages.append(said(2, "customer", "Thank you, that answers it."))
    return {"helpdesk": "zendesk", "account": "acme", "id": str(number), "contact": {"id": f"c-{number}"},
            "channel": CHANNELS[number % 2], "opened_at": messages[0]["at"], "language": "en",
            "closed_at": (start + timedelta(minutes=30)).isoformat(), "messages": messages}  # fmt: skip


DOCUMENTS = [document(number) for number in range(24)]
LINES = "".join(json.dumps(each) + "\n" for each in DOCUMENTS)


def run(*arguments: str, typed: str = LINES) -> Result:
    return CliRunner().invoke(main, ["figures", *arguments], input=typed)


def values(result: Result, name: str) -> dict[tuple[str, str | None, str, str], dict[str, Any]]:
    assert result.exit_code == 0, result.output
    (found,) = (each for each in json.loads(result.stdout)["figures"] if each["name"] == name)
    return {(c["start"], c["of"], v["name"], v["of"]): v for c in found["cells"] for v in c["values"]}


@pytest.fixture(scope="module")
def scored() -> str:
    """The scorecards of the conversations, as `deskmark score` writes them."""
    done = CliRunner().invoke(main, ["score", "-"], input=LINES)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_conversations_are_scored_and_counted() -> None:
    found = values(run("-", "--format", "json"), "containment")
    contained = found[("2025-10-31", None, "contained", "")]
    assert (contained["n"], contained["hits"]) == (24, 16)
    assert contained["low"] < contained["value"] < contained["high"]
    assert contained["interval"] == "wilson"
    quality = found[("2025-10-31", None, "quality", "confirmed")]
    assert quality["value"] is None
    assert quality["note"] == "not enough data, 16 of 20"


def test_scorecards_with_their_conversations_say_the_same(scored: str, tmp_path: Path) -> None:
    file = tmp_path / "conversations.jsonl"
    file.write_text(LINES)
    plain = json.loads(run("-", "--format", "json").stdout)
    assert json.loads(run("-", "--conversations", str(file), "--format", "json", typed=scored).stdout) == plain
    both = "".join(
        json.dumps({**each, "scorecard": json.loads(card)}) + "\n"
        for each, card in zip(DOCUMENTS, scored.splitlines(), strict=True)
    )
    assert json.loads(run("-", "--format", "json", typed=both).stdout) == plain


def test_scorecards_alone_cannot_be_counted(scored: str) -> None:
    done = run("-", typed=scored)
    assert done.exit_code == 1
    assert "line 1: is a scorecard: name the file of its conversation with --conversations" in done.stderr


def test_bad_lines_are_told(scored: str) -> None:
    card = json.loads(scored.splitlines()[0])
    wrong = {**DOCUMENTS[0], "id": "wrong", "scorecard": {**card, "episodes": [card]}}
    typed = f"{{\n[]\n\n{json.dumps({'id': 'x'})}\n{json.dumps(wrong)}\n" + LINES + json.dumps(DOCUMENTS[3])
    done = run("-", "--figure", "containment", "--format", "json", typed=typed)
    assert done.exit_code == 1
    told = done.stderr.splitlines()
    assert [line.split(":")[0] for line in told] == ["line 1", "line 2", "line 4", "line 30", "line 5"]
    assert "other episodes" in told[-1]
    assert json.loads(done.stdout)["figures"][0]["cells"][0]["values"][0]["n"] == 24


def test_the_database_an_export_and_the_file_say_the_same(tmp_path: Path) -> None:
    # Only what is older than every window is the same whenever the question is asked.
    folder = tmp_path / "data"
    tickets = "".join(json.dumps(_ticket(each)) + "\n" for each in DOCUMENTS)
    bots = [option for number in range(24) for option in ("--bot-author", f"bot-{number}")]
    stored = CliRunner().invoke(main, ["import", "zendesk", "-", "--into", str(folder), *bots], input=tickets)
    assert stored.exit_code == 0, stored.output
    env = {"DESKMARK_DATA_DIR": str(folder)}

    def asked(command: str, *options: str, typed: str | None = None) -> Result:
        done = CliRunner(env=env).invoke(main, [command, *options], input=typed)
        assert done.exit_code == 0, done.output
        return done

    exported = asked("export", "--with-personal-data").stdout
    assert len(exported.splitlines()) == 24
    for options in ((), ("--by", "week"), ("--dimension", "group"), ("--by", "month", "--dimension", "channel")):
        ours = json.loads(asked("figures", "--format", "json", *options).stdout)
        theirs = json.loads(asked("figures", "-", "--format", "json", *options, typed=exported).stdout)
        for each in (ours, theirs):
            # Gaps live in the service alone.
            each["figures"] = [f for f in each["figures"] if f["name"] not in ("knowledge_gaps", "feedback_loop")]
        assert ours == theirs
    masked = json.loads(asked("figures", "-", "--format", "json", typed=asked("export").stdout).stdout)
    whole = json.loads(asked("figures", "--format", "json").stdout)
    assert masked["figures"][0] == whole["figures"][0]
    only = asked("figures", "--installation", "acme", "--figure", "containment").stdout
    assert only == asked("figures", "--figure", "containment").stdout
    refused = CliRunner(env=env).invoke(main, ["figures", "--installation", "nobody"])
    assert "no helpdesk is connected as nobody" in refused.output


def _ticket(document: dict[str, Any]) -> dict[str, Any]:
    comments = [
        {"id": n, "author_id": m["author"]["id"], "body": m["text"], "public": True, "created_at": m["at"],
         "via": {"channel": "web"}}
        for n, m in enumerate(document["messages"])
    ]  # fmt: skip
    agents = [m["author"]["id"] for m in document["messages"] if m["author"]["role"] == "agent"]
    return {"url": "https://acme.zendesk.com/api/v2/tickets/1.json", "id": document["id"], "status": "closed",
            "created_at": document["opened_at"], "requester_id": comments[0]["author_id"],
            "group": {"id": "g", "name": "Parcels"},
            "assignee_id": agents[0] if agents else None, "comments": comments, "via": {"channel": "web"},
            "metric_set": {"solved_at": document["closed_at"]}}  # fmt: skip


def test_cut_by_days_and_dimensions_the_parts_add_up() -> None:
    whole = values(run("-", "--format", "json"), "containment")[("2025-10-31", None, "contained", "")]
    for options in (
        ("--by", "week"),
        ("--by", "day"),
        ("--dimension", "channel"),
        ("--by", "month", "--dimension", "bot"),
    ):
        parts = values(run("-", "--format", "json", *options), "containment")
        contained = [v for (_, _, name, _), v in parts.items() if name == "contained"]
        assert sum(v["n"] for v in contained) == whole["n"]
        assert sum(v["hits"] for v in contained) == whole["hits"]
    mails = values(run("-", "--format", "json", "--filter", "channel=email"), "containment")
    assert mails[("2025-10-31", None, "contained", "")]["n"] == 12
    none = values(run("-", "--format", "json", "--filter", "brand="), "containment")
    assert none[("2025-10-31", None, "contained", "")]["n"] == 24


def test_days_are_included_at_both_ends() -> None:
    asked = json.loads(run("-", "--format", "json", "--since", "2026-01-06", "--until", "2026-01-08").stdout)
    assert (asked["since"], asked["until"], asked["definitions"]) == ("2026-01-06", "2026-01-08", "2")
    assert asked["figures"][0]["cells"][0]["values"][0]["n"] == 3
    nothing = json.loads(run("-", "--format", "json", "--since", "2026-05-01", "--until", "2026-05-02").stdout)
    assert nothing["figures"][0]["cells"][0]["values"][0]["n"] == 0


def test_the_table_fits_and_says_what_it_rests_on() -> None:
    done = run("-")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "Definitions 2, 2025-10-31 to 2026-01-28 (UTC), 24 episodes"
    shown = " ".join(done.stdout.split())
    assert "contained 66.7 % 46.7 to 82.0 % n 24" in shown
    assert "not enough data: quality, confirmed 16 of 16" in shown
    alone = " ".join(run("-", "--figure", "containment").stdout.split())
    assert "quality: confirmed not enough data, 16 of 20" in alone
    for each in ALL_FIGURES:
        assert each.title in done.stdout
    cut = run("-", "--dimension", "channel", "--by", "month", "--figure", "escalation").stdout
    assert "2026-01-01, channel email" in cut
    short = run("-", "--by", "week").stdout
    assert "week of 2026-01-05" in short
    assert "quality: confirmed" not in short
    assert "brand (none)" in run("-", "--dimension", "brand").stdout
    assert "no conversations" in run("-", "--by", "day", "--since", "2026-05-01", "--until", "2026-05-02").stdout


def test_of_few_conversations_little_is_printed() -> None:
    few = "".join(json.dumps(each) + "\n" for each in DOCUMENTS[:13])
    lines = run("-", typed=few).stdout.splitlines()
    assert len(lines) < 4 * len(ALL_FIGURES) + 3
    assert lines[lines.index(next(line for line in lines if " containment, primary" in line)) + 1].strip() == (
        "not enough data, 13 of 20 (contained 8 of 13)"
    )
    table = list(csv.DictReader(io.StringIO(run("-", "--format", "csv", typed=few).stdout)))
    assert any(row["hits"] and row["note"] == "not enough data, 13 of 20" for row in table)


def test_figures_of_a_file_heed_the_settings_of_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKMARK_FEWEST_CASES", "25")
    monkeypatch.setenv("DESKMARK_PRICE_HUMAN_CONVERSATION", "6")
    monkeypatch.setenv("DESKMARK_PRICE_CURRENCY", "EUR")
    done = run("-", "--format", "json")
    contained = values(done, "containment")[("2025-10-31", None, "contained", "")]
    assert contained["note"] == "not enough data, 24 of 25"
    business = values(done, "business")
    cost = business[("2025-10-31", None, "cost", "")]
    assert (cost["value"], cost["note"]) == (2.0, "EUR")
    assert business[("2025-10-31", None, "repeat_contact", "")]["note"].endswith("of 25")
    for wrong in ("0", "many"):
        monkeypatch.setenv("DESKMARK_FEWEST_CASES", wrong)
        refused = run("-")
        assert refused.exit_code == 1
        assert "DESKMARK_FEWEST_CASES: Input should be" in refused.output


def test_a_young_team_sees_less() -> None:
    def names(stage: str) -> list[str]:
        return [
            each["name"] for each in json.loads(run("-", "--format", "json", "--maturity", stage).stdout)["figures"]
        ]

    assert names("starter") == ["containment", "effort", "escalation", "business"]
    assert set(names("starter")) < set(names("growing")) < set(names("advanced"))
    assert len(names("advanced")) == len(ALL_FIGURES)


def test_csv_has_a_value_a_row() -> None:
    rows = list(csv.DictReader(io.StringIO(run("-", "--format", "csv", "--dimension", "channel").stdout)))
    (one,) = (
        r for r in rows if (r["figure"], r["dimension_value"], r["value_name"]) == ("containment", "email", "contained")
    )
    assert (one["definitions"], one["n"], one["value"], one["note"]) == ("2", "12", "", "not enough data, 12 of 20")
    assert one["dimension"] == "channel"


def test_what_cannot_be_asked_is_said(tmp_path: Path) -> None:
    assert "there is nothing to count" in run("-", typed="").output
    assert "--since lies after --until" in run("-", "--since", "2026-02-01", "--until", "2026-01-01").output
    assert "is not between 1970 and 2999" in run("-", "--until", "9999-12-31").output
    assert "is not one of helpdesk" in run("-", "--filter", "colour=red").output
    assert "belongs to a FILE" in run("--conversations", "-").output
    assert "use --filter account=" in run("-", "--installation", "acme").output
    no_model = CliRunner(env={"DESKMARK_MODEL_DIR": str(tmp_path)}).invoke(main, ["figures", "-"], input=LINES)
    assert no_model.exit_code == 1


def test_what_has_no_time_is_told() -> None:
    undated = {"id": "u", "messages": [{"id": "m", "author": {"role": "customer"}, "text": "hello there"}]}
    done = run("-", "--format", "json", typed=LINES + json.dumps(undated))
    assert "1 episodes have no time" in done.stderr
    assert values(done, "containment")[("2025-10-31", None, "contained", "")]["n"] == 24


def test_trends_come_from_the_months_of_the_range() -> None:
    known = [
        Fact(helpdesk="z", account="a", conversation=f"{month}-{n}", episode=1, definitions="2", intent="refund",
             day=f"2026-{month:02}-05", bot_took_part=True, relevance="relevant",
             answers=("text relevant" if n < 10 + 8 * month else "text irrelevant",), containment="likely")
        for month in (1, 2, 4) for n in range(40)
    ]  # fmt: skip
    source = OfFile()
    source.add(known)
    assert source.last_day() == date(2026, 4, 5)
    question = Question(date(2026, 1, 1), date(2026, 5, 1), (figure("response_accuracy"),))
    (answer,) = answers(question, source)
    trend = next(v for v in answer.cells[0].values if v.name == "trend")
    assert trend.value is not None
    assert trend.value > 0
    by_month = to_json(question, answers(Question(date(2026, 1, 1), date(2026, 5, 1), question.figures, Period.MONTH),
                                         source))  # fmt: skip
    assert [cell["start"] for cell in by_month["figures"][0]["cells"]] == ["2026-01-01", "2026-02-01", "2026-04-01"]


@given(st.lists(facts, min_size=1, max_size=9))
@settings(max_examples=10)
def test_what_is_not_fetched_for_a_figure_would_not_change_it(given_facts: list[Fact]) -> None:
    counted = tally(given_facts)
    agreed = {("containment", "likely", "likely"): 30}
    everything = Beside(
        months={f"2026-{month:02}": counted for month in range(1, 7)}, prices=Prices(1, 2, 3, "EUR"), reviews=agreed,
        reviewers=agreed, examples={"refund": 9}, proposals=(Proposal("label", 30),), least=1,
    )  # fmt: skip
    for each in ALL_FIGURES:
        if each.name not in TRENDS | BESIDE:
            assert each.compute(counted, everything) == each.compute(counted, Beside(least=1)), each.name


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [(0.5, Unit.SHARE, "50.0 %"), (0.021, Unit.CHANGE, "+2.1 %"), (3_600, Unit.SECONDS, "1 h"),
     (1234, Unit.COUNT, "1,234"), (4.2, Unit.POINTS, "4.20")],
)  # fmt: skip
def test_numbers_in_words(value: float, unit: Unit, words: str) -> None:
    assert number(value, unit) == words


def test_intervals_in_words() -> None:
    assert interval(Value("x", 0.5, Unit.SHARE, 9, low=0.4, high=0.6)) == "40.0 to 60.0 %"
    assert interval(Value("x", 90, Unit.SECONDS, 9, low=60, high=100)) == "1 min to 1 min 40 s"
    assert interval(Value("x", 0.5, Unit.SHARE, 9)) == ""
    assert duration(0.2) == "0 s"
