"""Zendesk: webhooks in, tickets read, tags, custom fields and private notes written."""

from connectors.zendesk.connector import ZendeskConnector

__all__ = ["ZendeskConnector"]
