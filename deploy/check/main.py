"""Makes all stacks on a moto server and checks them. Started by scripts/deploy-check, which installs what it needs.

No container engine and no AWS account is asked: an image is not built, a task not started, a function not invoked.
"""

import os
import sys
import time

import alarms
import asked
import dashboard
import files
import made
import runbook
import text
from report import Report
from template import read

NAMES = ["network", "data", "compute", "classify", "monitoring"]
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/fusion-comms:1"


# Everything optional on, so that all of it is made.
GIVEN = {
    "AppName": "fusionems", "Env": "prod", "ImageUri": IMAGE, "PublicBaseUrl": "https://api.example.org",
    "ConsoleCidrs": "203.0.113.0/24", "CreateDatabase": "true", "EnableWaf": "true", "OpaImage": "opa:1",
    "OtelImage": "otel:1", "OnCallEmail": "on-call@example.org", "BillingEmail": "billing@example.org",
    "NatInEachZone": "true",
}


def make_stacks(report, moto, root):
    """All stacks in their order, each given the outputs of those before it; and what the last was given."""
    certificate = moto.client("acm").request_certificate(DomainName="api.example.org")
    stacks, given = {}, GIVEN | {"CertificateArn": certificate["CertificateArn"]}
    for name in NAMES:
        try:
            stacks[name] = made.Stack(moto, root / f"deploy/aws/{name}.yml", f"fusionems-prod-{name}", given)
        except Exception as error:
            report.that(f"the stack {name} can be made", False, f"{type(error).__name__}: {error}")
            sys.exit(1)
        given = stacks[name].outputs | given
    return stacks, given


def main(moto_program):
    report, root, began = Report(), text.root_of(), time.monotonic()
    report.same("types that moto knows by now (take them off the list in made.py)", made.stale(), set())
    templates = {name: read(root / f"deploy/aws/{name}.yml") for name in NAMES}
    with made.Moto(moto_program) as moto:
        stacks, given = make_stacks(report, moto, root)
        for check in (asked.check_network, asked.check_buckets, asked.check_queue, asked.check_secrets,
                      asked.check_database, asked.check_rules, asked.check_tasks, asked.check_roles,
                      asked.check_function, asked.check_alarms, runbook.check_commands):
            report.run(check, moto, stacks)
        report.run(runbook.check_script, moto, root, stacks)
    for name in NAMES:
        report.run(text.check_rights, name, templates[name])
    for check in (files.check_healthy, files.check_image, files.check_compose, files.check_units):
        report.run(check, root)
    report.run(text.check_variables, root, stacks)
    report.run(text.check_filters, root, stacks["monitoring"])
    report.run(text.check_waf, stacks["compute"])
    report.run(text.check_kept_aside, stacks)
    for check in (alarms.check_rules, alarms.check_annotations, alarms.check_cases, dashboard.check_dashboard,
                  dashboard.check_queries):
        report.run(check, root)
    report.run(text.check_choices, templates, given)
    by_hand = sorted({s.kind(r) for s in stacks.values() for r in s.by_hand})
    print(f"deploy-check: by the services' own calls, not moto's CloudFormation: {', '.join(by_hand)}")
    failed = len(report.failed)
    print(f"deploy-check: {report.held} held, {failed} failed, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(os.environ["MOTO_SERVER"]))
