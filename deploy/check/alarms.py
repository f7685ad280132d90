"""Prometheus's rules: the series they look at, where they send the reader, and whether each has been seen to fire.

What the program shows at /metrics is read from docs/METRICS.md, which a test of the program holds against the real page.
"""

import re

import yaml

# What Prometheus itself makes: of each scrape, and of each alarm.
OWN = {"up": {"job": None, "instance": None}}
# Labels that every series gets from the scrape.
OF_SCRAPE = {"job", "instance"}
SEVERITIES, TOLD = {"page", "ticket", "notice"}, {"on-call", "billing-team"}
WORDS = {"by", "on", "and", "or", "unless", "offset", "ignoring", "group_left", "without", "bool"}


def series(root):
    """Series to labels; each label to its values, or to None where any may come."""
    known = dict(OWN)
    for name, kind, labels in re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", (root / "docs/METRICS.md").read_text("utf-8"), re.M):
        held = {}
        for label, values in re.findall(r"`(\w+)`: ([^;]+)", labels):
            held[label] = None if values == "any" else set(values.split(", "))
        known[name] = held
        if kind == "histogram":
            known |= {f"{name}_sum": held, f"{name}_count": held, f"{name}_bucket": held | {"le": None}}
    return known


def selectors(expr):
    """Each series that an expression names, with its matchers."""
    for name, matchers in re.findall(r"\b([A-Za-z_]+)\b(?!\s*[(\w])(?:\{([^}]*)\})?", without_labels(expr)):
        if name not in WORDS:
            yield name, re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', matchers)


def without_labels(expr):
    """The expression without its `by (…)` and `on (…)`, and without times."""
    expr = re.sub(r"\b(by|on|without|ignoring)\s*\([^)]*\)", "", expr)
    return re.sub(r"\[[^\]]*\]|\boffset\s+\w+", "", expr)


def grouped(expr):
    """Every label that an expression groups or joins by."""
    inside = re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expr)
    return {label.strip() for part in inside for label in part.split(",") if label.strip()}


def check_expression(report, what, expr, known):
    """Every series, label and value in it is one that the program shows."""
    named = list(selectors(expr))
    report.that(f"{what} looks at series", bool(named), expr)
    labels = set(OF_SCRAPE)
    for name, matchers in named:
        report.that(f"{what}: the program shows {name}", name in known)
        held = known.get(name, {})
        labels |= set(held)
        for label, operator, value in matchers:
            report.that(f"{what}: {name} has the label {label}", label in held or label in OF_SCRAPE)
            values = held.get(label)
            if values is not None and not value.startswith("$"):
                wanted = {v for v in values if re.fullmatch(value, v)} if "~" in operator else {value} & values
                # A class of answers (5..) need not have come yet, but one of its kind must be known.
                report.that(f"{what}: {name} has {label}={value}", bool(wanted), sorted(values))
    report.that(f"{what} groups by labels that are there", grouped(expr) <= labels, sorted(grouped(expr) - labels))


def rules(root):
    groups = yaml.safe_load((root / "deploy/prometheus/alarms.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def check_rules(report, root):
    known = series(root)
    report.that("the list of series was read", len(known) > 30, sorted(known))
    for rule in rules(root):
        check_expression(report, rule["alert"], rule["expr"], known)
    names = [rule["alert"] for rule in rules(root)]
    report.same("each alarm has a name of its own", len(set(names)), len(names))
    four = {"WebhookErrors", "EventInsertFailures", "FaxQueueAge", "IvrTransferFailures"}
    report.that("the runbook's four alarms are there", four <= set(names), names)


def anchors(markdown):
    """The headings as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", markdown, re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def check_annotations(report, root):
    """Each alarm says what, why, where to read on and what to type; the runbook lists each."""
    runbook = (root / "docs/RUNBOOK.md").read_text("utf-8")
    headings = anchors(runbook)
    listed = set(re.findall(r"^\| `(\w+)` \|", runbook[runbook.index("## 13. Alarms"):], re.M))
    report.same("the runbook's list of alarms", listed, {rule["alert"] for rule in rules(root)})
    for rule in rules(root):
        name, said, labels = rule["alert"], rule["annotations"], rule["labels"]
        report.same(f"{name} says what one needs", set(said), {"summary", "meaning", "runbook", "first"})
        report.that(f"{name} says whom and how soon", labels["severity"] in SEVERITIES and labels["tell"] in TOLD, labels)
        file, _, anchor = said["runbook"].partition("#")
        report.that(f"{name}: the section {said['runbook']} is there", file == "docs/RUNBOOK.md" and anchor in headings)
        named = set(re.findall(r"\$labels\.(\w+)", " ".join(said.values())))
        report.that(f"{name}: its words name labels that it has", named <= grouped(rule["expr"]) | OF_SCRAPE, sorted(named))


def check_cases(report, root):
    """Each alarm fires at a time of a case, alone, and is silent at another time of the same case."""
    seen = set()
    for file in sorted((root / "deploy/prometheus").glob("*.test.yml")):
        for case in yaml.safe_load(file.read_text("utf-8"))["tests"]:
            times = case["promql_expr_test"]
            firing = [set(re.findall(r'alertname="(\w+)"', str(t["exp_samples"]))) for t in times]
            for names in firing:
                seen |= {n for n in names if any(n not in other for other in firing)}
    names = {rule["alert"] for rule in rules(root)}
    report.same("alarms that are seen to fire and to end", seen, names)
