"""Makes all stacks on a moto server and checks them. Started by scripts/deploy-check, which installs what it needs.

No container engine and no AWS account is asked: an image is not built, a task not started, a function not invoked.
"""

import os
import sys
import time

import asked
import files
import made
import runbook
import text
from report import Report
from template import read

NAMES = ["network", "data", "compute", "classify", "monitoring"]
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/fusion-comms:1"


def main(moto_program):
    report, root, began = Report(), text.root_of(), time.monotonic()
    report.same("types that moto knows by now (take them off the list in made.py)", made.stale(), set())
    templates = {name: read(root / f"deploy/aws/{name}.yml") for name in NAMES}
    # Everything optional on, so that all of it is made.
    given = {
        "AppName": "fusionems", "Env": "prod", "ImageUri": IMAGE, "PublicBaseUrl": "https://api.example.org",
        "ConsoleCidrs": "203.0.113.0/24", "CreateDatabase": "true", "EnableWaf": "true", "OpaImage": "opa:1",
        "OtelImage": "otel:1", "OnCallEmail": "on-call@example.org", "BillingEmail": "billing@example.org",
        "NatInEachZone": "true",
    }
    with made.Moto(moto_program) as moto:
        certificate = moto.client("acm").request_certificate(DomainName="api.example.org")
        given["CertificateArn"] = certificate["CertificateArn"]
        stacks = {}
        for name in NAMES:
            stacks[name] = made.Stack(moto, root / f"deploy/aws/{name}.yml", f"fusionems-prod-{name}", given)
            given = stacks[name].outputs | given
        for check in (asked.check_network, asked.check_buckets, asked.check_queue, asked.check_secrets,
                      asked.check_database, asked.check_rules, asked.check_tasks, asked.check_roles,
                      asked.check_function, asked.check_alarms, runbook.check_commands):
            check(report, moto, stacks)
        runbook.check_script(report, moto, root, stacks)
    for name in NAMES:
        text.check_rights(report, name, templates[name])
    for check in (files.check_healthy, files.check_image, files.check_compose, files.check_units):
        check(report, root)
    text.check_variables(report, root, stacks)
    text.check_filters(report, root, stacks["monitoring"])
    text.check_waf(report, stacks["compute"])
    text.check_kept_aside(report, stacks)
    text.check_rules_of_prometheus(report, root)
    text.check_choices(report, templates, given)
    by_hand = sorted({s.kind(r) for s in stacks.values() for r in s.by_hand})
    print(f"deploy-check: by the services' own calls, not moto's CloudFormation: {', '.join(by_hand)}")
    failed = len(report.failed)
    print(f"deploy-check: {report.held} held, {failed} failed, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(os.environ["MOTO_SERVER"]))
