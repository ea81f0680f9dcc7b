"""Intercom: notifications in, conversations read, attributes, tags and private notes written."""

from connectors.intercom.connector import IntercomConnector

__all__ = ["IntercomConnector"]
