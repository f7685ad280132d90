"""What is read in the templates and in the program's source: rights, variables, log lines, what moto cannot show."""

import json
import re
from pathlib import Path

from template import decided, parameters

# Actions that know no resource, so that `Resource: "*"` is what they are allowed with.
WITHOUT_RESOURCE = {
    "ecr:GetAuthorizationToken",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "textract:StartDocumentTextDetection",
    "textract:GetDocumentTextDetection",
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(node):
    """Every statement of every policy in a template."""
    if isinstance(node, dict):
        if "Effect" in node:
            yield node
        for value in node.values():
            yield from statements(value)
    elif isinstance(node, list):
        for value in node:
            yield from statements(value)


def check_rights(report, name, template):
    """No allowed action has a wildcard, and one that knows resources names them. A denial may be wide."""
    seen = list(statements(template["Resources"]))
    for s in seen:
        label = f"{name}: statement {s.get('Sid', s)}"
        report.that(f"{label} has neither NotAction nor NotPrincipal", not {"NotAction", "NotPrincipal"} & set(s))
        if s["Effect"] != "Allow":
            continue
        actions = listed(s["Action"])
        report.that(f"{label} names its actions", not any("*" in a for a in actions), actions)
        report.that(f"{label} allows nobody unnamed", s.get("Principal") not in ("*", {"AWS": "*"}), s.get("Principal"))
        # In the policy of a key, "*" is the key itself.
        if "*" in listed(s.get("Resource", [])) and not all(a.startswith("kms:") for a in actions):
            wide = set(actions) - WITHOUT_RESOURCE
            report.that(f"{label} names its resources", not wide, sorted(wide))


def variables(root):
    """The program's variables: name to (required, secret)."""
    table = (root / "crates/fusion-comms/src/config/table.rs").read_text(encoding="utf-8")
    table = table[table.index("pub static VARIABLES") :]
    parts = re.split(r"\bvariable\(", table)[1:]
    return {
        re.search(r'"([A-Z0-9_]+)"', part).group(1): (".required()" in part, ".secret()" in part) for part in parts
    }


def check_variables(report, root, stacks):
    """Each variable that a template sets is one of the program; none of them is secret; all required ones are there."""
    known = variables(root)
    report.that("the program's table of variables was read", len(known) > 30 and known["DATABASE_URL"] == (True, True))
    readme = (root / "deploy/README.md").read_text(encoding="utf-8")
    in_secret = set(re.findall(r"^\| `([A-Z_]+)`", readme, re.M))
    for task in ("BackendTask", "WorkerTask"):
        main = stacks["compute"].of(task)["ContainerDefinitions"][0]
        given = {e["Name"] for e in main["Environment"]}
        report.same(f"{task} gets the secret as a whole", [s["Name"] for s in main["Secrets"]], ["APP_SECRETS_JSON"])
        unknown = given - set(known) - {"AWS_REGION"}
        report.that(f"{task} sets only variables of the program", not unknown, sorted(unknown))
        report.that(f"{task} shows no secret", not any(known.get(n, (0, 0))[1] for n in given), sorted(given))
        missing = {n for n, (required, _) in known.items() if required} - given - in_secret
        report.that(f"{task} and the secret's table in deploy/README.md have all required", not missing, sorted(missing))
    unknown = in_secret - set(known)
    report.that("the secret's table in deploy/README.md names variables of the program", not unknown, sorted(unknown))
    function = stacks["classify"].of("ClassifyFunction")["Environment"]["Variables"]
    wanted = {"APP_ENV", "S3_BUCKET_DOCS", "OCR", "APP_SECRETS_ARN"}
    report.same("the function gets what the lambda reads and no other key", set(function), wanted)
    arn = stacks["data"].outputs["ClassifySecretArn"]
    report.same("its secret is its own", function["APP_SECRETS_ARN"], arn)


def counts(pattern, line):
    """Whether a metric filter of the form `{ ($.a = "x" && $.b = "y") || … }` counts a line of JSON."""
    terms = re.compile(r'\$\.(\w+)\s*=\s*"([^"]*)"')
    truth = terms.sub(lambda m: str(line.get(m.group(1)) == m.group(2)), pattern.strip().strip("{}"))
    truth = truth.replace("&&", " and ").replace("||", " or ")
    if not re.fullmatch(r"[\s()]*(?:(?:True|False|and|or)[\s()]*)+", truth):
        raise ValueError(f"this check does not understand the pattern {pattern}")
    return eval(truth, {"__builtins__": {}})


def check_filters(report, root, monitoring):
    """The words in the filters are words of the source, and the filters count the lines they are for and no other."""
    source = "\n".join(p.read_text(encoding="utf-8") for p in sorted((root / "crates/fusion-comms/src").rglob("*.rs")))
    patterns = {f: monitoring.of(f)["FilterPattern"] for f in monitoring.all("AWS::Logs::MetricFilter")}
    for name, pattern in patterns.items():
        words = re.findall(r'"([^"]+)"', pattern)
        report.that(f"{name} looks for words", bool(words))
        for word in words:
            report.that(f"{name}: the program says {word!r}", f'"{word}"' in source)
        report.that(f"{name} is short enough for CloudWatch", len(pattern) <= 1024, len(pattern))
    refused = "a webhook was not acknowledged"
    lines = [
        ({"message": "event not stored", "event_id": "e1", "error": "the database is busy"}, "EventInsertFailures"),
        ({"message": "events not stored: the database cannot be reached", "events": 3}, "EventInsertFailures"),
        ({"message": refused, "channel": "sms", "error": "the event could not be stored"}, "EventInsertFailures"),
        ({"message": refused, "channel": "voice", "error": "the database did not commit in time"}, "EventInsertFailures"),
        ({"message": refused, "error": "too many requests wait for the database"}, "EventInsertFailures"),
        ({"message": refused, "channel": "sms", "error": "the body holds no event"}, None),
        ({"message": "signature verification failed", "channel": "sms", "reason": "stale"}, None),
        ({"message": "ivr_transfer_failed", "call_control_id": "v3:a", "tenant_id": "abc123"}, "TransferFailures"),
        ({"message": "ivr_state", "state": "TRANSFER"}, None),
        ({"message": "a person should look", "kind": "call_back"}, None),
    ]
    for line, wanted in lines:
        seen = [name for name, pattern in patterns.items() if counts(pattern, line)]
        report.same(f"the line {line} is counted", seen, [wanted] if wanted else [])


def check_waf(report, compute):
    """None of the web ACL's rules looks at a webhook."""
    acl = compute.of("WebAcl")
    report.same("what no rule of the web ACL blocks passes", acl["DefaultAction"], {"Allow": {}})
    for rule in acl["Rules"]:
        ((_, statement),) = rule["Statement"].items()
        told = json.dumps(statement.get("ScopeDownStatement", {}).get("NotStatement", {}))
        spared = '"PositionalConstraint": "STARTS_WITH", "SearchString": "/webhooks/"' in told
        report.that(f"rule {rule['Name']} of the web ACL spares the webhooks", spared and "AndStatement" not in told, told)


def check_kept_aside(report, stacks):
    """What moto takes no notice of."""
    compute = stacks["compute"]
    attributes = {a["Key"]: a["Value"] for a in compute.of("LoadBalancer")["LoadBalancerAttributes"]}
    server = "crates/fusion-comms/src/http/server.rs"
    report.that(f"idle connections end at the load balancer before they end in {server}",
                int(attributes["idle_timeout.timeout_seconds"]) < 75, attributes)
    report.that("the load balancer keeps no log of addresses", not any("access_logs" in k for k in attributes), attributes)
    for name in ("WebhookTargets", "WebTargets"):
        delay = {a["Key"]: int(a["Value"]) for a in compute.of(name)["TargetGroupAttributes"]}
        report.that(f"{name} lets go of a stopping task in half a minute",
                    0 < delay["deregistration_delay.timeout_seconds"] <= 30, delay)
    kept = {"DocsBucket", "AudioBucket", "AppSecrets", "ClassifySecret", "DataKey", "Database", "BackendLogs", "WorkerLogs"}
    for stack in stacks.values():
        for logical, resource in stack.template["Resources"].items():
            if logical in kept:
                policies = {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")}
                wanted = {"Snapshot"} if logical == "Database" else {"Retain"}
                report.same(f"{logical} outlives its stack", policies, wanted)
                kept = kept - {logical}
    report.that("all that is to be kept was seen", not kept, sorted(kept))


def check_choices(report, templates, given):
    """What is optional is off unless asked for, and what is asked for comes out."""

    def made(name, **choices):
        needed = {k: v for k, v in given.items() if "Default" not in templates[name]["Parameters"].get(k, {})}
        return decided(templates[name], parameters(templates[name], needed | choices))["Resources"]

    for name in templates:
        kinds = {r["Type"].rsplit("::", 2)[1] for r in made(name).values()}
        report.that(f"{name}: neither RDS nor a web ACL unless asked for", not kinds & {"RDS", "WAFv2"}, sorted(kinds))
    containers = lambda resources, task: resources[task]["Properties"]["ContainerDefinitions"]
    report.same("no sidecar unless asked for", [c["Name"] for c in containers(made("compute"), "BackendTask")], ["backend"])
    for choice in ("false", "true"):
        compute = made("compute", SecretsAtRuntime=choice)
        for task in ("BackendTask", "WorkerTask"):
            names = [e["Name"] for e in containers(compute, task)[0]["Environment"]]
            report.same(f"{task} reads its secret itself: {choice}", "APP_SECRETS_ARN" in names, choice == "true")
        held = made("classify", SecretsAtRuntime=choice)["ClassifyFunction"]["Properties"]["Environment"]["Variables"]
        either = {"false": {"DATABASE_URL"}, "true": {"APP_SECRETS_ARN"}}[choice]
        report.same(f"the function reads its secret itself: {choice}", set(held) & {"DATABASE_URL", "APP_SECRETS_ARN"}, either)
    for name, role in (("compute", "WorkerRole"), ("classify", "ClassifyRole")):
        for ocr in ("tesseract", "textract"):
            may = json.dumps(made(name, Ocr=ocr)[role])
            report.same(f"{role} may use Textract with {ocr}", "textract:StartDocumentTextDetection" in may, ocr == "textract")
    rules = made("data", FaxRetentionDays="3650")["DocsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    report.that("faxes end where that is asked for", any("ExpirationInDays" in r for r in rules), rules)


def root_of():
    return Path(__file__).resolve().parents[2]
