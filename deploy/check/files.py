"""The files that are no templates: image, compose file, units, health check."""

import http.server
import os
import re
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import yaml


def check_healthy(report, root):
    """The health check of the image says well for 200 and for nothing else."""
    script = str(root / "deploy/docker/healthy")

    class Answer(http.server.BaseHTTPRequestHandler):
        status = 200

        def do_GET(self):
            self.send_response(self.status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = os.environ | {"BIND_ADDR": f"0.0.0.0:{server.server_port}"}
    asked = lambda: subprocess.run([script], env=env, capture_output=True).returncode
    for Answer.status, well in ((200, True), (503, False), (404, False)):
        report.same(f"healthy, where /healthz answers {Answer.status}", asked() == 0, well)
    server.shutdown()
    server.server_close()
    report.same("healthy, where nobody answers", asked() == 0, False)


def check_image(report, root):
    """hadolint has read the Dockerfile; these are what it does not know."""
    text = (root / "deploy/docker/Dockerfile").read_text(encoding="utf-8")
    last = text[text.rindex("\nFROM ") :]
    words = lambda name: re.findall(rf"^{name} (.+)$", last, re.M)
    report.same("the image runs without root", words("USER"), ["10001:10001"])
    report.that("its health check is the script", '["/usr/local/bin/healthy"]' in last)
    report.that("tesseract and English are in it", {"tesseract-ocr", "tesseract-ocr-eng"} <= set(last.split()))
    report.that("no compiler is in it", "cargo" not in last and "cmake" not in last)
    report.same("it starts the program", words("ENTRYPOINT"), ['["/usr/local/bin/fusion-comms"]'])
    toolchain = re.search(r"^FROM rust:(\d+\.\d+)", text, re.M)
    report.that("its toolchain is named", bool(toolchain))
    copied = [w for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.M) for w in line.split()[:-1] if w[0] != "-"]
    kept = (root / "deploy/docker/Dockerfile.dockerignore").read_text(encoding="utf-8").split("\n")
    for path in copied:
        report.that(f"{path} is there to be copied, and is let in", (root / path).exists() and f"!{path}" in kept, kept)
    # What is compiled in from beside the crates must be copied as well.
    crates, outside = root / "crates", set()
    for source in crates.glob("*/src/**/*.rs"):
        words = source.read_text(encoding="utf-8")
        beside = [source.parent / w for w in re.findall(r'include_(?:str|bytes)!\("([^"]+)"', words)]
        crate = crates / source.relative_to(crates).parts[0]
        beside += [crate / w for w in re.findall(r'migrate!\("([^"]+)"', words)]
        outside |= {p.resolve().relative_to(root).parts[0] for p in beside if p.exists()}
    report.same("what is compiled in and is to be copied", outside, {"crates", "migrations"})
    report.that("it is copied", outside <= set(copied), copied)


def check_compose(report, root):
    """check-jsonschema has read its form; these are its promises."""
    compose = yaml.safe_load((root / "deploy/compose.yml").read_text(encoding="utf-8"))
    services = compose["services"]
    report.same("the services", set(services), {"database", "migrate", "service", "simulators"})
    ports = [p for s in services.values() for p in s.get("ports", [])]
    report.that("only loopback is published", ports and all(p.startswith("127.0.0.1:") for p in ports), ports)
    report.same("the schema comes first", services["service"]["depends_on"],
                {"migrate": {"condition": "service_completed_successfully"}})
    for name in ("service", "simulators"):
        closed = (services[name]["read_only"], services[name]["cap_drop"], services[name]["security_opt"])
        report.same(f"{name} may little", closed, (True, ["ALL"], ["no-new-privileges:true"]))
    for name in ("migrate", "service"):
        user = re.match(r"postgres://(\w+):", services[name]["environment"]["DATABASE_URL"]).group(1)
        report.same(f"the login of {name} is no superuser", user, "fusion_comms")
    made = (root / "deploy/docker/login.sql").read_text(encoding="utf-8")
    report.that("that login is made with what it may", "CREATE ROLE fusion_comms LOGIN CREATEROLE PASSWORD" in made)
    for volume in (v for s in services.values() for v in s.get("volumes", []) if v.startswith("./")):
        path = root / "deploy" / volume.split(":")[0]
        report.that(f"{volume} is there to be mounted", path.exists())


def check_units(report, root):
    """systemd reads the units and rates them; where there is no systemd-analyze, that is said."""
    units = sorted((root / "deploy/systemd").glob("*.service"))
    for unit in units:
        text = unit.read_text(encoding="utf-8")
        wanted = "serve --role %i" if "@" in unit.name else "migrate"
        report.that(f"{unit.name} starts the program", f"ExecStart=/usr/local/bin/fusion-comms {wanted}\n" in text)
        # The reader of faxes limits itself: a filter without @resources would end it.
        report.that(f"{unit.name} leaves @resources", not re.search(r"^SystemCallFilter=~.*@resources", text, re.M))
    if not shutil.which("systemd-analyze"):
        print("deploy-check: no systemd-analyze here: the units are not verified")
        return
    with tempfile.TemporaryDirectory() as tmp:
        for unit in units:
            # A program that is there on every machine, since ours is not installed on this one.
            copy = Path(tmp, unit.name.replace("@", "@web"))
            copy.write_text(unit.read_text(encoding="utf-8").replace("/usr/local/bin/fusion-comms", "/bin/true"))
            for command in (["verify"], ["security", "--offline=true", "--threshold=20", "--no-pager"]):
                done = subprocess.run(["systemd-analyze", *command, str(copy)], capture_output=True, text=True)
                said = (done.stderr or done.stdout[-300:]).strip()
                report.that(f"systemd-analyze {command[0]} {unit.name}", done.returncode == 0, said)
