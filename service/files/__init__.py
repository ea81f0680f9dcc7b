"""Files in and out: conversations and scorecards, groups, catalogs, reviews, exports."""
