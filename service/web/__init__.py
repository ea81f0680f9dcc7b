"""The web face: webhooks in, health and metrics out, and the pages an admin reads. It scores nothing itself."""
