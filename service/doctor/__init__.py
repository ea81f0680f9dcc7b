"""`deskmark doctor`: everything that an operator would look at, and what to do about what is wrong.

Nothing here changes anything, and no check needs another part of the service to be well: what cannot be looked at
because something else is broken says so.
"""
