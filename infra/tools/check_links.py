"""Checks that every relative link of the project's Markdown files resolves, headings included."""

import pathlib
import re
import sys

NOT_OURS = {".git", ".local", ".tools", "target"}
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(page: pathlib.Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def broken(page: pathlib.Path) -> list[str]:
    """The links of a page that lead nowhere."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = []
    for link in LINK.findall(text):
        path, _, anchor = link.partition("#")
        if ":" in path:
            continue
        target = page.parent / path if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            found.append(f"{page}: `{link}` leads nowhere")
    return found


def main() -> int:
    """Prints the broken links; the exit code says whether there are any."""
    pages = (page for page in sorted(pathlib.Path().rglob("*.md")) if page.parts[0] not in NOT_OURS)
    faults = [fault for page in pages for fault in broken(page)]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
