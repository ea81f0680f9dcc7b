"""The guide to connecting Zendesk. Menu names as in Zendesk's help of 2026; values exactly as they are to be entered.

Sources: https://support.zendesk.com/hc/en-us/articles/4408845965210 (OAuth clients),
https://support.zendesk.com/hc/en-us/articles/4408839108378 (webhooks),
https://support.zendesk.com/hc/en-us/articles/4408838961562 (ticket fields).
"""

from __future__ import annotations

from connectors.guide import Place, State, Step, Value, ends, let_in, told
from connectors.zendesk import own

SCOPES = (
    Value("Scope", "read", "Tickets, people, names of brands and groups; audits are refused to any narrower scope."),
    Value("Scope", "write", "Tags, fields and private comments; ticket fields have no narrower scope of their own."),
)


def steps(place: Place) -> tuple[Step, ...]:
    """All steps, in order."""
    return (
        _user(),
        _client(place),
        _connect(place),
        *_made(place),
        _exclude(),
        *ends(place, "Zendesk"),
        _panel(place),
    )


def _user() -> Step:
    return Step(
        "user",
        "Make a user for Deskmark",
        State.UNKNOWN,
        (
            "Admin Center > People > Team > Team members > Create team member, with the role Admin.",
            "Do the next steps signed in as this user: everything that Deskmark writes stands under its name.",
        ),
        why="Deskmark knows its own updates by this user, so nobody should work under it. An admin may make fields, "
        "webhook and trigger; an agent may do the rest.",
    )


def _client(place: Place) -> Step:
    if place.signs_in:
        return Step(
            "client",
            "An OAuth client",
            State.DONE,
            ("Nothing to do: this Deskmark has a client of its own. Connect with the button.",),
        )
    return Step(
        "client",
        "Make an OAuth client",
        let_in(place, {"client_id", "client_secret"} <= place.secrets),
        (
            "Admin Center > Apps and integrations > APIs > OAuth clients > Add OAuth client.",
            "Save, and copy the identifier and the secret, which is shown once.",
        ),
        (
            Value("Name", "Deskmark"),
            Value("Client kind", "Confidential"),
            Value("Redirect URLs", place.redirect_url, "Needed only to connect by signing in."),
            *SCOPES,
        ),
        why="API tokens can no longer be made and end for everybody on 30 April 2027, so Deskmark uses none.",
    )


def _connect(place: Place) -> Step:
    return Step(
        "connect",
        "Connect the account",
        let_in(place, bool(place.id) and bool({"client_secret", "access_token"} & place.secrets)),
        ("Enter account, client id and client secret on the page Helpdesks, or sign in at Zendesk from there.",),
        command="deskmark installations connect zendesk",
    )


def _made(place: Place) -> tuple[Step, ...]:
    """What is made over the API, each with how to make it by hand."""
    prepare = f"deskmark installations prepare {place.id or 'ID'}"
    fields = all(str(place.options.get(name, "")) for name in own.TITLES)
    return (
        Step(
            "fields",
            "Ticket fields",
            told(fields),
            ("By hand: Admin Center > Objects and rules > Tickets > Fields > Add field, then enter the ids here.",),
            (
                *(Value(_KINDS[own.KINDS[name]], title, name) for name, title in own.TITLES.items()),
                *(Value(f"Option {o['name']}, tag", o["value"]) for o in own.outcome_options(place.prefix)),
            ),
            why="A field that is not there is not written; the rest works all the same.",
            command=prepare,
        ),
        Step(
            "webhook",
            "Webhook",
            told("webhook_secret" in place.secrets),
            (
                "By hand: Admin Center > Apps and integrations > Actions and webhooks > Webhooks > Create webhook.",
                "Choose Zendesk events, and these: of tickets what begins with ticket, of users what begins with user.",
                "Authentication: none. Then open the webhook, choose Reveal secret, and enter the signing secret here.",
            ),
            (
                Value("Endpoint URL", place.webhook_url),
                Value("Request method and format", "POST, JSON"),
                Value("Events", "\n".join(event.removeprefix("zen:event-type:") for event in own.EVENTS)),
            ),
            why="Zendesk calls https addresses only." if not place.reachable else "",
            command=prepare,
        ),
        Step(
            "trigger",
            "A trigger instead of events (only where events cannot be used)",
            State.DONE if place.options.get("webhook_id") else State.UNKNOWN,
            (
                "By hand: make the webhook with Trigger or automation in place of Zendesk events.",
                "Then Admin Center > Objects and rules > Business rules > Triggers > Create trigger.",
                "Condition: Ticket > Status category - Changed to - Solved. Not “is”: our update would run it again.",
                "Action: Notify by > Active webhook, with this body and nothing else in it.",
            ),
            (Value("Title", own.TRIGGER_TITLE), Value("JSON body", own.TRIGGER_BODY)),
            why="The body names who changed the ticket, so that Deskmark's own changes are not looked at again.",
            command=f"{prepare} --by-trigger",
        ),
    )


def _exclude() -> Step:
    return Step(
        "exclude",
        "Leave Deskmark's updates out of your own rules",
        State.UNKNOWN,
        (
            "Triggers and automations that act on any update: add the condition Current user - is not - Deskmark.",
            "Automations with Hours since update: use Hours since solved instead.",
            "Views sorted by updated: sort by requester updated. Explore: Updater name is not Deskmark.",
        ),
        why="A verdict is an update like any other, though never a public one.",
    )


def _panel(place: Place) -> Step:
    """https://support.zendesk.com/hc/en-us/articles/4408832841498 (uploading a private app)."""
    return Step(
        "panel",
        "The app on the ticket (if agents are to see the reasons, and to agree or disagree)",
        State.UNKNOWN,
        (
            "Download the app on this page, section On the ticket, or make it with the command.",
            "Admin Center > Apps and integrations > Apps > Zendesk Support apps > Upload private app.",
            "App name: Deskmark. Choose the file, press Upload, then Install. There is nothing to fill in.",
            "Come back and press Find the app: its public key is fetched, with which Zendesk's signature is checked.",
        ),
        why="Zendesk signs who opens the app, so there is no secret in it."
        if place.reachable
        else "Zendesk opens https addresses only: set PUBLIC_URL first.",
        command=f"deskmark apps zendesk {place.id or 'ID'} --output deskmark.zip",
    )


_KINDS = {"integer": "Numeric field", "tagger": "Drop-down field", "text": "Text field"}
