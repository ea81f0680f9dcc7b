"""The smallest Flask application: what the same server does when there is nothing to do."""

from flask import Flask, request

app = Flask(__name__)


@app.post("/")
def nothing() -> dict[str, str]:
    request.get_data()
    return {"result": "nothing"}
