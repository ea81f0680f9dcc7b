"""Charts of figures: drawn by pygal, made fit to stand inline in a page without script or style, or as a picture.

Knows figures and their units; no page, no address, no database.
"""
