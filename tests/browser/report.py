"""Opens a report in headless Chromium at two widths, light and dark, and prints it: report.py PAGE [FOLDER FOR SCREENSHOTS]"""

import base64
import pathlib
import sys

import chromium

LOOK = (pathlib.Path(__file__).parent / "look.js").read_text()


def main(page, screenshots=None):
    if not chromium.executable():
        sys.exit("Chromium is missing: install it (apt-get install chromium), or set CHROMIUM to its path")
    if page == "--is-there":
        return
    faults = []
    with chromium.started() as browser:
        for width, height in [(1280, 900), (390, 844)]:
            for scheme in ["light", "dark"]:
                found = look(browser, page, width, height, scheme, screenshots)
                faults += [f"{width} px, {scheme}: {fault}" for fault in found]
        faults += [f"printed: {fault}" for fault in print_page(browser, screenshots)]
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        sys.exit(1)
    print("The report has no faults at 1280 and 390 px, light and dark, and printed.")


def look(browser, page, width, height, scheme, screenshots):
    """What is wrong with the page at a width and in a colour scheme."""
    browser.session = None
    browser.open()
    for domain in ["Page", "Runtime", "Log", "Network"]:
        browser.call(f"{domain}.enable")
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 800)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.events.clear()
    browser.call("Page.navigate", url=pathlib.Path(page).resolve().as_uri())
    browser.wait("Page.loadEventFired")
    found = browser.evaluate(LOOK)
    is_dark = browser.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] < 128")
    if is_dark != (scheme == "dark"):
        found.append("the page does not follow the colour scheme")
    if screenshots:
        shot = browser.call("Page.captureScreenshot", captureBeyondViewport=True)
        target = pathlib.Path(screenshots, f"report-{width}-{scheme}.png")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(base64.b64decode(shot["data"]))
    return found + events(browser)


def events(browser):
    """The requests and console errors of the page."""
    browser.evaluate("0")  # earlier events have arrived
    found, requests = [], []
    for event in browser.events:
        params = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                requests.append(params["request"]["url"])
            case "Runtime.exceptionThrown":
                found.append(f"a script failed: {params['exceptionDetails']['text']}")
            case "Runtime.consoleAPICalled":
                found.append(f"console: {params['args']}")
            case "Log.entryAdded":
                found.append(f"log: {params['entry']['text']}")
    if len(requests) != 1 or not requests[0].startswith("file:"):
        found.append(f"more than the page was asked for: {requests}")
    return found


def print_page(browser, screenshots):
    """What is wrong with the page as a PDF."""
    pdf = base64.b64decode(browser.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])
    if screenshots:
        pathlib.Path(screenshots, "report.pdf").write_bytes(pdf)
    return [] if pdf.startswith(b"%PDF-") and len(pdf) > 20_000 else ["it is no PDF of the report"]


if __name__ == "__main__":
    main(*sys.argv[1:])
