"""The daily, weekly and monthly report: read from the store, built by pure functions, shown as page, mail and chat."""
