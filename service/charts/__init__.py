"""Charts of figures: drawn by pygal, made fit to stand inline in a page without script or style, or as a picture.

Knows figures and their units; no page, no address, no database.
"""

import sys

import pygal

# pygal puts a finder of its maps, in the way of Python 2, before everybody's imports. There are no maps here.
sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, pygal.PluginImportFixer)]
