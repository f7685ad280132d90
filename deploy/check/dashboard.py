"""The dashboard of Grafana: well-formed, nothing over another, each panel explained, each query one that can be asked."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

import yaml

import alarms

COLUMNS = 24
# What Grafana fills in, as Prometheus would read it.
FILLED = {"$__rate_interval": "5m", "$__range": "6h", "$instance": ".*"}
# Alarms are a series of Prometheus's own.
ALARMS = {"ALERTS": {"alertname": None, "alertstate": {"firing", "pending"}}}
# What the dashboard is for, by words of its panels' titles.
SUBJECTS = ["channel and status", "ack latency", "duplicates", "inbox depth", "inbox age", "outbox depth", "outbox age",
            "ivr funnel", "transfers failed", "texts by status", "opt-outs", "faxes by type and status", "classify latency",
            "queue depth", "database pool", "keys"]


def read(root):
    return json.loads((root / "deploy/grafana/dashboard.json").read_text("utf-8"))


def check_dashboard(report, root):
    board = read(root)
    report.that("the dashboard has an id and a version of the schema", board["uid"] and board["schemaVersion"] >= 39)
    variables = {v["name"]: v["type"] for v in board["templating"]["list"]}
    report.same("the datasource is chosen by a variable", variables.get("datasource"), "datasource")
    panels = board["panels"]
    report.same("each panel has an id of its own", len({p["id"] for p in panels}), len(panels))
    taken = {}
    for panel in panels:
        title, at = panel["title"], panel["gridPos"]
        report.that(f"{title} lies on the grid", at["x"] >= 0 and at["x"] + at["w"] <= COLUMNS and at["w"] > 0 and at["h"] > 0, at)
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            over = taken.setdefault(cell, panel["id"])
            report.that(f"{title} lies over no other", over == panel["id"], cell)
        if panel["type"] == "row":
            continue
        report.that(f"{title} is explained", len(panel.get("description", "")) > 20)
        report.that(f"{title} has a unit", panel["fieldConfig"]["defaults"].get("unit"))
        sources = [panel["datasource"], *(t["datasource"] for t in panel["targets"])]
        report.that(f"{title} asks the chosen datasource", all(s["uid"] == "${datasource}" for s in sources), sources)
        report.that(f"{title} asks something", panel["targets"])
    titles = " / ".join(p["title"].lower() for p in panels)
    for subject in SUBJECTS:
        report.that(f"the dashboard shows {subject}", subject in titles)


def check_queries(report, root):
    """Each query names series and labels that the program shows, and promtool can read it."""
    known = alarms.series(root) | ALARMS
    queries = [(p["title"], t["expr"]) for p in read(root)["panels"] for t in p.get("targets", [])]
    rules = []
    for at, (title, expr) in enumerate(queries):
        for name, value in FILLED.items():
            expr = expr.replace(name, value)
        alarms.check_expression(report, title, expr, known)
        rules.append({"record": f"query:{at}", "expr": expr})
    asked = {name for _, expr in queries for name, _ in alarms.selectors(expr)}
    for name, held in alarms.series(root).items():
        hidden = name not in asked and f"{name}_bucket" not in asked and not re.search("_(bucket|sum|count)$", name)
        report.that(f"the dashboard shows {name}", not hidden, held)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "queries.yml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}), "utf-8")
        done = subprocess.run(["promtool", "check", "rules", "--lint=none", str(file)], capture_output=True, text=True)
        report.that("promtool reads the dashboard's queries", done.returncode == 0, done.stdout + done.stderr)
