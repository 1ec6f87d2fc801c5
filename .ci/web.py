"""The native side of .ci/web, and its test in headless Chromium. Only Python's standard library.

    python3 .ci/web.py native LIBRARY native.json
    python3 .ci/web.py test LIBRARY PAGE LIMITS SCREENSHOTS

LIBRARY is examples/web.rs built for this computer, which computes what the page must show, bit for bit; LIMITS is
.ci/web_limits.rs built for WebAssembly.
"""

import base64
import ctypes
import http.server
import json
import pathlib
import platform
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zipfile

DATA = pathlib.Path(__file__).resolve().parent.parent / "examples/data"


class Native:
    """examples/web.rs, called as the page calls it."""

    def __init__(self, library):
        self.library = ctypes.CDLL(str(pathlib.Path(library).resolve()))
        for name in ("bytes", "bytes_start", "numbers", "numbers_start"):
            getattr(self.library, name).restype = ctypes.c_void_p
        for name in ("bytes_len", "numbers_len"):
            getattr(self.library, name).restype = ctypes.c_size_t
        for name in ("bytes", "numbers", "classify_digit"):
            getattr(self.library, name).argtypes = [ctypes.c_size_t]

    def bytes(self):
        return ctypes.string_at(self.library.bytes_start(), self.library.bytes_len())

    def numbers(self):
        size = 8 * self.library.numbers_len()
        return list(struct.unpack(f"<{size // 8}d", ctypes.string_at(self.library.numbers_start(), size)))

    def call(self, name, *values):
        result = getattr(self.library, name)(*values)
        if result < 0:
            raise RuntimeError(f"{name}: {self.bytes().decode()}")
        return result

    def open(self, name, data):
        ctypes.memmove(self.library.bytes(len(data)), data, len(data))
        return self.call(name)

    def classify(self, points):
        data = struct.pack(f"<{len(points)}d", *points)
        ctypes.memmove(self.library.numbers(len(points)), data, len(data))
        return self.call("classify"), self.numbers()

    def hashes(self):
        """After each epoch."""
        self.open("open_digits", (DATA / "digits.npz").read_bytes())
        hashes = []
        for _ in range(self.call("start_training")):
            self.call("train_epoch")
            hashes.append(self.bytes().decode())
        return hashes


class Server:
    """A plain file server of one folder. `changes` replaces files: None is a missing one."""

    def __init__(self, folder):
        self.changes = changes = {}
        self.requests = requests = []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=str(folder))

            def do_GET(self):
                requests.append(self.path)
                name = self.path.rsplit("/", 1)[-1]
                if name not in changes:
                    return super().do_GET()
                if changes[name] is None:
                    return self.send_error(404)
                self.send_response(200)
                self.send_header("Content-Type", self.guess_type(name))
                self.send_header("Content-Length", str(len(changes[name])))
                self.end_headers()
                self.wfile.write(changes[name])

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"


class Browser:
    """Headless Chromium, by the WebDriver protocol."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory()
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                self.base = f"http://127.0.0.1:{line.split()[-1].rstrip('.')}"
                break
        options = {
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--force-prefers-reduced-motion", f"--user-data-dir={self.profile.name}",
            ]
        }
        always = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"}}
        session = self.post("/session", {"capabilities": {"alwaysMatch": always}})
        self.base += f"/session/{session['sessionId']}"

    def post(self, path, body, method="POST"):
        request = urllib.request.Request(
            self.base + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def run(self, script, *arguments):
        return self.post("/execute/sync", {"script": script, "args": arguments})

    def devtools(self, command, **parameters):
        return self.post("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width, height, dark=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.devtools("Emulation.setEmulatedMedia", features=features)

    def open(self, address):
        self.devtools("Network.clearBrowserCache")
        self.post("/url", {"url": address})

    def wait(self, script, seconds=60):
        """Until the script is true."""
        end = time.monotonic() + seconds
        while not (found := self.run(script)):
            if time.monotonic() > end:
                status = self.run("return document.getElementById('status').textContent")
                raise RuntimeError(f"not within {seconds} s: {script}; the page says: {status}")
            time.sleep(0.05)
        return found

    def ready(self):
        self.wait("return document.documentElement.dataset.ready === 'yes'")

    def status(self):
        """What the page says where something is wrong."""
        return self.wait("const s = document.getElementById('status'); return s.className === 'error' && !s.hidden && s.textContent")

    def click(self, name):
        self.run("document.getElementById(arguments[0]).click()", name)

    def element(self, name):
        return next(iter(self.post("/element", {"using": "css selector", "value": f"#{name}"}).values()))

    def draw(self, strokes, kind="mouse"):
        """Strokes in parts of the drawing area's width, by a pointer of this kind."""
        self.click("clear")
        self.run("document.getElementById('pad').scrollIntoView({block: 'center'})")
        box = self.run("const b = document.getElementById('pad').getBoundingClientRect(); return [b.x, b.y, b.width]")
        actions = []
        for stroke in strokes:
            for i, (x, y) in enumerate(stroke):
                place = {"x": round(box[0] + x * box[2]), "y": round(box[1] + y * box[2])}
                actions.append({"type": "pointerMove", "duration": 0, "origin": "viewport", **place})
                if i == 0:
                    actions.append({"type": "pointerDown", "button": 0})
            actions.append({"type": "pointerUp", "button": 0})
        pointer = {"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": actions}
        self.post("/actions", {"actions": [pointer]})
        return self.answer()

    def keys(self, keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.post("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def answer(self):
        """What the page has found, after the frame that is under way."""
        self.post("/execute/async", {"script": "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))", "args": []})
        return json.loads(self.run("return document.documentElement.dataset.answer"))

    def choose(self, path):
        self.post(f"/element/{self.element('open')}/value", {"text": str(path)})

    def screenshot(self, path, full=False):
        if full:
            size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
            found = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        else:
            found = self.devtools("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(found["data"]))

    def requests(self):
        """The addresses of all requests since the last look."""
        messages = [json.loads(entry["message"])["message"] for entry in self.post("/se/log", {"type": "performance"})]
        found = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        # The browser's own first page.
        return [address for address in found if not address.startswith("chrome://")]

    def close(self):
        try:
            self.post("", {}, "DELETE")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.profile.cleanup()


def arc(x, y, rx, ry, start, end, steps=24):
    """Part of an ellipse, degrees clockwise from the right."""
    from math import cos, radians, sin

    angles = [radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(x + rx * cos(a), y + ry * sin(a)) for a in angles]


# Digits as people write them.
STROKES = {
    0: [arc(0.5, 0.5, 0.19, 0.32, -80, 280)],
    1: [[(0.4, 0.28), (0.53, 0.17), (0.53, 0.83)]],
    2: [arc(0.5, 0.34, 0.18, 0.17, -170, 40) + [(0.33, 0.82), (0.7, 0.82)]],
    3: [arc(0.48, 0.33, 0.17, 0.16, -150, 90) + arc(0.48, 0.66, 0.2, 0.17, -90, 150)],
    4: [[(0.5, 0.15), (0.3, 0.58), (0.74, 0.58)], [(0.62, 0.38), (0.58, 0.86)]],
    5: [[(0.68, 0.18), (0.38, 0.18), (0.36, 0.45)] + arc(0.48, 0.62, 0.19, 0.2, -120, 150)],
    6: [[(0.6, 0.15), (0.44, 0.32), (0.36, 0.52)] + arc(0.5, 0.66, 0.15, 0.17, 180, -180)],
    7: [[(0.3, 0.18), (0.7, 0.18), (0.45, 0.85)], [(0.36, 0.52), (0.64, 0.52)]],
    8: [arc(0.5, 0.33, 0.13, 0.15, 90, -270) + arc(0.5, 0.66, 0.16, 0.18, -90, 270)],
    9: [arc(0.5, 0.34, 0.16, 0.18, 0, -360) + [(0.66, 0.34), (0.63, 0.6), (0.55, 0.85)]],
}


def npy(numbers, shape):
    header = repr({"descr": "<f8", "fortran_order": False, "shape": shape}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack(f"<{len(numbers)}d", *numbers)


def write_network(path, inputs, outputs):
    """A network of one layer, with made-up weights."""
    text = "softmax"
    header = repr({"descr": "<U7", "fortran_order": False, "shape": (1,)}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    names = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + text.encode("utf-32-le")
    weights = [((i * 7919) % 211 - 105) / 211 for i in range(inputs * outputs)]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("w1.npy", npy(weights, (inputs, outputs)))
        archive.writestr("b1.npy", npy([0.0] * outputs, (outputs,)))
        archive.writestr("activations.npy", names)


def check(true, what):
    if not true:
        raise SystemExit(f".ci/web: {what}")


def bits(numbers):
    return struct.pack(f"<{len(numbers)}d", *numbers)


def same(found, expected, what):
    """A page's answer, and a class and the numbers of the native program."""
    page = found["pixels"] + found["probabilities"]
    check((found["class"], bits(page)) == (expected[0], bits(expected[1][: len(page)])), f"{what}: not as natively")


def contrasts(browser):
    """The least contrast of a text's colour with what is behind it."""
    return browser.run(
        """
        const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
        const light = (colour) => {
          const [r, g, b] = parse(colour).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const behind = (node) => {
          for (; node; node = node.parentElement) {
            const colour = getComputedStyle(node).backgroundColor;
            if ((parse(colour)[3] ?? 1) > 0) return colour;
          }
          return 'rgb(255, 255, 255)';
        };
        let least = [21, ''];
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const node = walker.currentNode.parentElement;
          if (!walker.currentNode.data.trim() || !node.checkVisibility() || ['NOSCRIPT', 'OPTION'].includes(node.tagName)) continue;
          const style = getComputedStyle(node);
          const colour = node.closest('svg') ? style.fill : style.color;
          const [a, b] = [light(colour), light(behind(node))].sort((x, y) => y - x);
          const contrast = (a + 0.05) / (b + 0.05);
          if (contrast < least[0]) least = [contrast, walker.currentNode.data.trim()];
        }
        return least;
        """
    )


def test(library, folder, limits, shots):
    native = Native(library)
    native.open("open_digits", (DATA / "digits.npz").read_bytes())
    native.open("open_network", (DATA / "digits-network.npz").read_bytes())
    shots = pathlib.Path(shots)
    shots.mkdir(parents=True, exist_ok=True)
    server = Server(folder)
    browser = Browser()
    try:
        drawing(browser, server, native)
        script = "const [wasm, done] = arguments; WebAssembly.instantiate(Uint8Array.from(atob(wasm), (c) => c.charCodeAt(0)), {}).then(({ instance }) => done(instance.exports.limits())).catch((error) => done(error.message))"
        wasm = base64.b64encode(pathlib.Path(limits).read_bytes()).decode()
        found = browser.post("/execute/async", {"script": script, "args": [wasm]})
        check(found == 0, f"what a browser does not have: {found}, see .ci/web_limits.rs")
        training(browser, folder)
        looks(browser, shots)
        files(browser, native, shots)
        requests = browser.requests()
        check(requests and all(r.startswith((server.address, "data:", "blob:")) for r in requests), f"requests: {requests}")
        check(all(r.count("/") == 1 for r in server.requests), f"{server.requests}")
        faults(browser, server, pathlib.Path(folder))
    finally:
        browser.close()
    print(f"-- all as it should be; screenshots in {shots}")


def drawing(browser, server, native):
    browser.size(1280, 800)
    browser.open(server.address + "/index.html")
    browser.ready()
    right = 0
    for kind in ("mouse", "touch"):
        for digit, strokes in STROKES.items():
            found = browser.draw(strokes, kind)
            same(found, native.classify(points(browser)), f"a {digit}")
            right += found["class"] == digit
    check(right >= 18, f"{right} of 20 drawn digits are classified as what they are")
    # A 7, by the keyboard.
    browser.click("clear")
    browser.run("document.getElementById('pad').focus()")
    left, up, go_right, down = "\ue012", "\ue013", "\ue014", "\ue015"
    browser.keys([up] * 6 + [left] * 4 + [" "] + [go_right] * 7 + [down, left] * 2 + [down, down, left] * 4 + [" "])
    found = browser.answer()
    same(found, native.classify(points(browser)), "by keyboard")
    check(found["class"] == 7, f"the 7 drawn by keyboard is classified as {found['class']}")
    browser.keys(["\ue017"])
    browser.answer()
    check(browser.run("return points.length") == 0, "Delete leaves a drawing")
    # Digits of the data.
    for index in range(3):
        browser.click("sample")
        same(browser.answer(), (native.call("classify_digit", index), native.numbers()), f"test digit {index}")
    times = []
    for _ in range(5):
        browser.click("test")
        found = json.loads(browser.run("return document.documentElement.dataset.test"))
        expected = (native.call("classify_test"), native.numbers())
        check((found["right"], bits(found["probabilities"])) == (expected[0], bits(expected[1])), "500 digits: not as natively")
        times.append(found["milliseconds"])
    print(f"-- {right} of 20 digits drawn by script right, all bits as natively; 500 digits in {min(times):.0f} to {max(times):.0f} ms")
    check(min(times) < 500, "500 digits must take less than 0.5 s")


def points(browser):
    """The page's strokes; JSON has no NaN."""
    return [float("nan") if x is None else x for x in browser.run("return points.map((x) => (Number.isNaN(x) ? null : x))")]


def training(browser, folder):
    expected = json.loads((pathlib.Path(folder) / "native.json").read_text())["hashes"]
    # Stopped after some epochs, at least three.
    browser.click("start")
    browser.wait("return trained.length >= 3 && !document.getElementById('stop').disabled")
    browser.click("stop")
    browser.wait("return !document.getElementById('start').disabled")
    hashes = browser.run("return trained.map((epoch) => epoch.hash)")
    check(3 <= len(hashes) < 30 and hashes == expected[: len(hashes)], f"stopped: {hashes}")
    # And all of them.
    browser.click("start")
    browser.wait("return trained.length === 30 && !document.getElementById('start').disabled", 120)
    hashes = browser.run("return trained.map((epoch) => epoch.hash)")
    check(hashes == expected, f"hashes: {hashes}")
    check(browser.run("return document.getElementById('equal').className") == "note good", "the page does not say that the bits are the same")
    seconds = browser.run("return trained.map((epoch) => epoch.seconds)")
    print(f"-- 30 epochs, {min(seconds):.2f} to {max(seconds):.2f} s each; weights {hashes[-1]}, as natively")
    check(sorted(seconds)[15] < 3, "an epoch must take less than 3 s")


def looks(browser, shots):
    for width, height in ((1280, 800), (390, 844)):
        for dark in (False, True):
            browser.size(width, height, dark)
            browser.draw(STROKES[5])
            browser.run("document.activeElement.blur(); scrollTo(0, 0)")
            browser.answer()
            name = f"{width}x{height}-{'dark' if dark else 'light'}"
            browser.screenshot(shots / f"{name}.png")
            browser.screenshot(shots / f"{name}-all.png", full=True)
            wide = browser.run("return document.documentElement.scrollWidth - innerWidth")
            check(wide <= 0, f"{name}: {wide} pixels too wide")
            cut = browser.run(
                "return [...document.querySelectorAll('button, .button, dd, .value, h1, h2, .note')]"
                ".filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline').map((e) => e.textContent)"
            )
            check(not cut, f"{name}: cut: {cut}")
            contrast, text = contrasts(browser)
            print(f"-- {name}: the least contrast of a text is {contrast:.1f}")
            check(contrast >= 4.5, f"{name}: contrast {contrast:.2f} of {text!r}")
    browser.size(1280, 800)


def files(browser, native, shots):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_network(folder / "mnist.npz", 784, 10)
        browser.choose(folder / "mnist.npz")
        browser.wait("return document.getElementById('network').value === 'file'")
        native.open("open_network", (folder / "mnist.npz").read_bytes())
        for digit in (1, 4, 8):
            found = browser.draw(STROKES[digit])
            check(len(found["pixels"]) == 784, "28×28 pixels")
            same(found, native.classify(points(browser)), f"a {digit} of 28×28")
        browser.screenshot(shots / "28x28.png")
        write_network(folder / "wide.npz", 13, 10)
        write_network(folder / "few.npz", 64, 3)
        (folder / "broken.npz").write_bytes((folder / "mnist.npz").read_bytes()[:5000])
        (folder / "text.npz").write_text("no archive")
        (folder / "empty.npz").write_bytes(b"")
        for name, word in (("wide", "13 inputs"), ("few", "3 outputs"), ("broken", "cannot be opened"), ("text", "cannot be opened"), ("empty", "cannot be opened")):
            browser.run("document.getElementById('status').textContent = ''")
            browser.choose(folder / f"{name}.npz")
            said = browser.status()
            print(f"   {said}")
            check(word in said and f"{name}.npz" in said, f"{name}.npz: {said}")
            check(browser.run("return document.getElementById('network').value") == "file", "the network before is not in use")
        browser.screenshot(shots / "error.png")


def faults(browser, server, folder):
    wasm = (folder / "web.wasm").read_bytes()
    digits = (folder / "digits.npz").read_bytes()
    for name, data, word in (
        ("web.wasm", None, "web.wasm is missing"),
        ("web.wasm", wasm[: len(wasm) // 2], "web.wasm cannot be compiled"),
        ("web.wasm", b"<!doctype html>", "web.wasm cannot be compiled"),
        ("digits.npz", None, "digits.npz is missing"),
        ("digits.npz", digits[:1000], "digits.npz is broken"),
        ("digits-network.npz", b"", "digits-network.npz is broken"),
        ("page.js", None, "a file of the page is missing"),
    ):
        server.changes[name] = data
        browser.open(server.address + "/index.html")
        if name == "page.js":
            said = browser.run("return document.getElementById('status').textContent")
        else:
            said = browser.status()
        print(f"   {said}")
        check(word in said, f"{name}: {said}")
        server.changes.clear()
    # Parts that are needed later, or not at all.
    server.changes["native.json"] = None
    server.changes["worker.js"] = None
    browser.open(server.address + "/index.html")
    browser.ready()
    browser.click("start")
    check("worker.js" in browser.status(), "a missing worker.js")
    del server.changes["worker.js"]
    browser.open(server.address + "/index.html")
    browser.ready()
    browser.click("start")
    browser.wait("return trained.length > 0")
    check("nothing to compare" in browser.run("return document.getElementById('equal').textContent"), "a missing native.json")
    server.changes.clear()
    script = browser.devtools("Page.addScriptToEvaluateOnNewDocument", source="delete globalThis.WebAssembly")["identifier"]
    browser.open(server.address + "/index.html")
    said = browser.status()
    print(f"   {said}")
    check("no WebAssembly" in said, said)
    browser.devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    browser.open((folder / "index.html").resolve().as_uri())
    said = browser.status()
    print(f"   {said}")
    check("serve the folder" in said, said)


if __name__ == "__main__":
    if sys.argv[1] == "native":
        hashes = Native(sys.argv[2]).hashes()
        pathlib.Path(sys.argv[3]).write_text(json.dumps({"machine": platform.machine(), "hashes": hashes}))
    else:
        test(*sys.argv[2:])
