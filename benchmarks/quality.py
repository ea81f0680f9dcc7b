"""How right the scores are: the public labelled conversations, and the project's own blind set.

    python benchmarks/quality.py [--write] [--only public|blind|privacy]

The public data and its measuring script are found under DESKMARK_SHARED (default ../shared) and are never copied; where
they are absent their rows are skipped with the reason. `--write` puts the table into docs/quality.md. The exit status
is 1 when a figure misses its aim.
"""

from __future__ import annotations

import argparse
import sys

from blind_set import blind
from measuring import DATA, ROOT, Row, evaluator
from names_in_prose import names_in_prose
from personal_data import personal_data
from public_sets import public

BEGIN, END = "<!-- table: make quality -->", "<!-- end of table -->"
HEAD = ("task", "figure", "value", "n [95 %]", "trivial", "aim", "met")


def table(rows: list[Row]) -> str:
    text = [HEAD, tuple("---" for _ in HEAD), *(r.cells for r in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the table into docs/quality.md")
    parser.add_argument("--only", choices=("public", "blind", "privacy"), help="measure one of them")
    options = parser.parse_args()
    rows: list[Row] = []
    if options.only in (None, "public"):
        if DATA.is_dir():
            rows += public(evaluator())
        else:
            print("public data: skipped, there is no data/ where DESKMARK_SHARED points", file=sys.stderr)
    if options.only in (None, "blind"):
        rows += blind()
    if options.only in (None, "privacy"):
        rows += personal_data() + names_in_prose()
    print(table(rows))
    if options.write:
        page = ROOT / "docs" / "quality.md"
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        page.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}", encoding="utf-8")
    if any(r.met is False for r in rows):
        sys.exit("some figures miss their aim")


if __name__ == "__main__":
    main()
