"""Zendesk's channels in our words: a literal table; what it does not name is unknown."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.zendesk.payloads import Ticket
from service.conversation import Channel

# via.channel; https://developer.zendesk.com/documentation/ticketing/reference-guides/via-object-reference/
CHANNELS: Mapping[str, Channel] = {
    "web": Channel.WEB,
    "web_form": Channel.WEB,
    "web_widget": Channel.WEB,
    "help_center": Channel.WEB,
    "helpcenter": Channel.WEB,
    "mobile": Channel.WEB,
    "mobile_sdk": Channel.WEB,
    "closed_ticket": Channel.WEB,
    "sample_ticket": Channel.WEB,
    "sample_interactive_ticket": Channel.WEB,
    "email": Channel.EMAIL,
    "mail": Channel.EMAIL,
    "chat": Channel.MESSAGING,
    "messaging": Channel.MESSAGING,
    "native_messaging": Channel.MESSAGING,
    "web_messaging": Channel.MESSAGING,
    "chat_transcript": Channel.MESSAGING,
    "whatsapp": Channel.SOCIAL,
    "line": Channel.SOCIAL,
    "wechat": Channel.SOCIAL,
    "telegram": Channel.SOCIAL,
    "viber": Channel.SOCIAL,
    "kakaotalk": Channel.SOCIAL,
    "sms": Channel.MESSAGING,
    "text": Channel.MESSAGING,
    "business_messaging_slack_connect": Channel.MESSAGING,
    "sunshine_conversations_api": Channel.MESSAGING,
    "sunshine_conversations_facebook_messenger": Channel.SOCIAL,
    "sunshine_conversations_twitter_dm": Channel.SOCIAL,
    "answer_bot_for_sdk": Channel.MESSAGING,
    "answer_bot_for_slack": Channel.MESSAGING,
    "answer_bot_for_web_widget": Channel.MESSAGING,
    "voice": Channel.PHONE,
    "phone": Channel.PHONE,
    "voicemail": Channel.PHONE,
    "phone_call_inbound": Channel.PHONE,
    "phone_call_outbound": Channel.PHONE,
    "facebook": Channel.SOCIAL,
    "facebook_post": Channel.SOCIAL,
    "facebook_message": Channel.SOCIAL,
    "twitter": Channel.SOCIAL,
    "twitter_dm": Channel.SOCIAL,
    "twitter_favorite": Channel.SOCIAL,
    "instagram_dm": Channel.SOCIAL,
    "any_channel": Channel.SOCIAL,
    "api": Channel.API,
    "web_service": Channel.API,
}


def channel(name: str) -> Channel:
    """The channel of a comment or change."""
    return CHANNELS.get(name.lower(), Channel.UNKNOWN)


def ticket_channel(ticket: Ticket) -> Channel:
    """The channel a ticket began in."""
    known = channel(ticket.via.channel)
    return Channel.MESSAGING if known is Channel.UNKNOWN and ticket.from_messaging else known


def is_messaging(ticket: Ticket) -> bool:
    """Whether a ticket may have messages that are no comments."""
    return ticket.from_messaging or channel(ticket.via.channel) is Channel.MESSAGING
