# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, controlled through a pair of pipes (DevTools protocol: JSON
messages, each followed by a NUL)."""

import base64
import fcntl
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time

PATIENCE = 60  # seconds; only a browser that hangs takes so long


def path():
    """The browser's program, or None."""
    for name in "chromium", "chromium-browser", "google-chrome":
        if found := shutil.which(name):
            return found
    return None


def high_pipe():
    """A pipe whose ends are none of the numbers that programs agree on."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high


class Browser:
    """One browser with a profile of its own, until close()."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(
            prefix="chromium.", ignore_cleanup_errors=True)
        to_read, self.to = high_pipe()
        self.came, from_write = high_pipe()
        command = [path(), "--headless=new", "--remote-debugging-pipe",
            "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update",
            "--disable-default-apps", "--disable-sync", "--no-pings",
            "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND"
            " , EXCLUDE 127.0.0.1", "--force-color-profile=srgb",
            "--lang=en-US",
            f"--user-data-dir={self.profile.name}"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")
        # The browser reads from 3 and writes to 4.
        self.process = subprocess.Popen(
            ["bash", "-c", f"exec 3<&{to_read} 4>&{from_write}; exec \"$@\"",
                "bash", *command], pass_fds=(to_read, from_write),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self.profile.name, "LANG": "C.UTF-8",
                "LANGUAGE": "en_US", "TZ": "UTC"})
        os.close(to_read)
        os.close(from_write)
        self.messages = queue.Queue()
        self.number = 0
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        rest = b""
        while data := os.read(self.came, 1 << 16):
            *whole, rest = (rest + data).split(b"\0")
            for message in whole:
                self.messages.put(json.loads(message))
        self.messages.put(None)

    def call(self, method, session=None, events=None, **params):
        """One command; its result.  Events that come first go to `events`."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            got = self.messages.get(timeout=PATIENCE)
            if got is None:
                raise EOFError("the browser is gone")
            if got.get("id") == self.number:
                if "error" in got:
                    raise RuntimeError(f"{method}: {got['error']}")
                return got["result"]
            if events is not None and "method" in got:
                events.append((got["method"], got["params"]))

    def close(self):
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (EOFError, OSError, queue.Empty, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        self.profile.cleanup()


class Tab:
    """One page of a browser, and everything that happened on it."""

    def __init__(self, browser, width=1100, height=900, before=None):
        self.browser = browser
        self.events = []
        target = browser.call("Target.createTarget", url="about:blank")
        self.target = target["targetId"]
        self.session = browser.call("Target.attachToTarget",
            targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits",
                "Accessibility"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.media()
        if before:
            self.call("Page.addScriptToEvaluateOnNewDocument", source=before)

    def call(self, method, **params):
        return self.browser.call(method, self.session, self.events, **params)

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width,
            height=height, deviceScaleFactor=1, mobile=False)

    def media(self, scheme="light", **more):
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme},
            *({"name": k.replace("_", "-"), "value": v}
                for k, v in more.items())])

    def go(self, url):
        self.call("Page.navigate", url=url)

    def js(self, expression):
        """The value of an expression; promises are waited for."""
        got = self.call("Runtime.evaluate", expression=expression,
            returnByValue=True, awaitPromise=True, userGesture=True)
        if "exceptionDetails" in got:
            raise RuntimeError(f"{expression}: {got['exceptionDetails']}")
        return got["result"].get("value")

    def until(self, expression):
        """Waits for an expression to be true; its value, else the last."""
        expression = f"(v => v instanceof Node || v)({expression})"
        end = time.monotonic() + PATIENCE / 2
        while True:
            try:
                value = self.js(expression)
            except RuntimeError:  # while one page gives way to the next
                value = None
            if value or time.monotonic() > end:
                return value
            time.sleep(0.03)

    def key(self, key, text=None, modifiers=0):
        """Presses a key; `text` is what it writes."""
        codes = {"Enter": 13, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38,
            "Escape": 27}
        if key == "Enter":
            text = "\r"
        common = {"key": key, "modifiers": modifiers,
            "windowsVirtualKeyCode": codes.get(key, 0)}
        self.call("Input.dispatchKeyEvent", type="keyDown", **common,
            **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text):
        for c in text:
            self.key(c, c)

    def names(self):
        """(role, name) of every node, as a screen reader gets them."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [(n["role"]["value"], n.get("name", {}).get("value", ""))
            for n in nodes if not n.get("ignored") and "role" in n]

    def picture(self, path, full=True):
        data = self.call("Page.captureScreenshot", format="png",
            captureBeyondViewport=full)["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))

    def close(self):
        self.browser.call("Target.closeTarget", None, self.events,
            targetId=self.target)
