"""The JSON API under /api/v1: figures, conversations, and what they are made of. docs/api.md explains it."""

from service.web.api import catalogs, conversations, figures, gaps, openapi
from service.web.api.routes import PREFIX, ROUTES, blueprint

__all__ = ["PREFIX", "ROUTES", "blueprint", "catalogs", "conversations", "figures", "gaps", "openapi"]
