"""What Deskmark says to agents, in their language: the note on the ticket and the panel beside it.

English is what scores produce and what is stored; the catalogues (gettext) are keyed by it. Quotes stay as they are.
"""
