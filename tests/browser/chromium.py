"""Drives a headless Chromium over its DevTools pipe with JSON messages that end in a zero byte. This needs only Python's
standard library, and opens no port."""

import contextlib
import json
import os
import selectors
import shutil
import subprocess
import tempfile
import time

PATIENCE = 60
# A sandbox needs user namespaces, which root and many containers don't have; the page is this repository's own.
FLAGS = ["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
         "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def executable():
    """The path of Chromium, or None."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    return next(filter(None, (shutil.which(name) for name in names if name)), None)


@contextlib.contextmanager
def started():
    """A browser that ends with the block."""
    with tempfile.TemporaryDirectory() as profile, tempfile.TemporaryFile() as log:
        # Chromium reads commands from descriptor 3 and answers on 4.
        command = ["sh", "-c", 'exec "$@" 3<&0 4>&1 0</dev/null 1>&2', "sh", executable(), *FLAGS, f"--user-data-dir={profile}"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True)
        browser = Browser(process)
        try:
            yield browser
        except Exception:
            log.seek(0)
            print(log.read()[-2000:].decode(errors="replace"))
            raise
        finally:
            with contextlib.suppress(Exception):
                browser.call("Browser.close")
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Browser:
    """A browser, and the one page that is looked at."""

    def __init__(self, process):
        self.process = process
        self.events = []
        self.last = 0
        self.unread = b""
        self.session = None
        self.selector = selectors.DefaultSelector()
        self.selector.register(process.stdout, selectors.EVENT_READ)
        os.set_blocking(process.stdout.fileno(), False)

    def open(self):
        """A new page."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method, **params):
        """Sends a command, and waits for its answer."""
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.process.stdin.write(json.dumps(message).encode() + b"\0")
        self.process.stdin.flush()
        while True:
            answer = self.next()
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        """Waits for an event."""
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.next())

    def evaluate(self, expression):
        """What JavaScript of ours finds on the page, whatever the page's policy."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"]["exception"].get("description", "the look at the page failed"))
        return found["result"].get("value")

    def next(self):
        end = time.monotonic() + PATIENCE
        while b"\0" not in self.unread:
            if not self.selector.select(max(0, end - time.monotonic())):
                raise TimeoutError(f"Chromium did not answer for {PATIENCE} s")
            more = os.read(self.process.stdout.fileno(), 1 << 20)
            if not more:
                raise RuntimeError("Chromium ended")
            self.unread += more
        message, self.unread = self.unread.split(b"\0", 1)
        return json.loads(message)
