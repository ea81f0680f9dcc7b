"""The guide to connecting Intercom. Menu names as in Intercom's developer pages of 2026.

Sources: https://developers.intercom.com/docs/build-an-integration/learn-more/authentication (tokens),
https://developers.intercom.com/docs/webhooks/setting-up-webhooks (webhooks).
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.guide import Place, State, Step, Value, ends, let_in, told
from connectors.intercom.own import ATTRIBUTES, PERMISSIONS, SUBSCRIPTIONS
from connectors.intercom.regions import REGIONS
from connectors.intercom.transport import VERSION
from service.writeback import OUTCOMES

WHY: Mapping[str, str] = {
    "Read conversations": "What is scored; webhooks about conversations need it too.",
    "Write conversations": "Attributes and private notes.",
    "Read one user and one company": "Whether the customer or the company carries the ignore tag.",
    "Read and list users and companies": "The customer's e-mail, and whether it is verified.",
    "Read tags": "Which of our tags are on a conversation.",
    "Write tags": "Putting our tags on and taking them off.",
    "Read admins": "Who is a person and who a bot; names of bots and teams; who signs our notes.",
}
SCOPES = tuple(Value("Permission", name, WHY[name]) for name in PERMISSIONS)


def steps(place: Place) -> tuple[Step, ...]:
    """All steps, in order."""
    return (_teammate(), _app(place), _connect(place), _region(place), _attributes(place), _webhook(place),
            *ends(place, "Intercom"), _panel(place))  # fmt: skip


def _teammate() -> Step:
    return Step(
        "teammate",
        "Invite a teammate for Deskmark",
        State.UNKNOWN,
        ("Settings > Workspace > Teammates > Invite teammate; do the next steps signed in as this teammate.",),
        why="The app's token belongs to whoever makes it: notes and tags carry that name, and Deskmark knows its own "
        "notes by it.",
    )


def _app(place: Place) -> Step:
    oauth = (Value("Redirect URL", place.redirect_url, "Under Use OAuth; needed only to connect by signing in."),)
    return Step(
        "app",
        "Make an app",
        let_in(place, "client_secret" in place.secrets or place.signs_in),
        (
            "Settings > Integrations > Developer Hub > Your apps > New app, in this workspace.",
            "Configure > Authentication: copy the access token, and tick these permissions under Edit.",
            "Configure > Basic information: copy the client secret. It signs the webhooks.",
            "One app for one workspace: an app sends the webhooks of all its workspaces to the same address.",
        ),
        (Value("API version", VERSION, "The shape of webhooks follows it; 2.14 to 2.17 are understood."),
         *SCOPES, *oauth),
    )  # fmt: skip


def _connect(place: Place) -> Step:
    return Step(
        "connect",
        "Connect the workspace",
        let_in(place, bool(place.id) and "access_token" in place.secrets),
        ("Enter workspace id, access token and client secret on the page Helpdesks, or sign in from there.",),
        command="deskmark installations connect intercom",
    )


def _region(place: Place) -> Step:
    return Step(
        "region",
        "The address of your region",
        State.UNKNOWN if not place.id else told(place.base_url in REGIONS.values()),
        (),
        tuple(Value(region, address) for region, address in REGIONS.items()),
        why="Found out by asking who the token is for, and set.",
        command=f"deskmark installations prepare {place.id or 'ID'}",
    )


def _attributes(place: Place) -> Step:
    return Step(
        "attributes",
        "Conversation attributes",
        State.UNKNOWN,
        ("By hand: Settings > Data > Conversations > Create attribute, with exactly these names.",),
        (
            *(Value(_KINDS["list" if "list" in kinds else min(kinds)], name) for name, kinds in ATTRIBUTES.items()),
            Value("List options of dm_outcome", "\n".join(OUTCOMES)),
        ),
        why="Made for you where the workspace lets version 2.16 be used. One that is missing is not written.",
        command=f"deskmark installations prepare {place.id or 'ID'}",
    )


def _webhook(place: Place) -> Step:
    return Step(
        "webhook",
        "Webhook",
        told(place.heard),
        (
            "Developer Hub > your app > Configure > Webhooks: enter the address and subscribe to these topics.",
            "Saving makes Intercom call the address at once.",
        ),
        (Value("Endpoint URL", place.webhook_url), Value("Topics", "\n".join(SUBSCRIPTIONS))),
        why="" if place.reachable else "Intercom calls https addresses only: set PUBLIC_URL first.",
    )


def _panel(place: Place) -> Step:
    """https://developers.intercom.com/docs/canvas-kit"""
    return Step(
        "panel",
        "The panel in the inbox (if teammates are to see the reasons, and to agree or disagree)",
        State.UNKNOWN,
        (
            "Developer Hub > your app > Configure > Canvas Kit > For teammates > Add to conversation details.",
            "Enter both addresses, leave the others empty, and save.",
            "Inbox > a conversation > Details > Edit apps: put Deskmark where teammates are to see it.",
        ),
        (
            Value("Initialize URL", f"{place.panel_url}/initialize"),
            Value("Submit URL", f"{place.panel_url}/submit"),
        ),
        why="Intercom signs each request with the client secret that the webhooks are signed with."
        if place.reachable
        else "Intercom calls https addresses only: set PUBLIC_URL first.",
    )


_KINDS = {"integer": "Number (whole)", "string": "Text", "list": "List"}
