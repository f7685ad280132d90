"""The operators' commands, as they are typed, against the made stacks; and the script `stack`."""

import json
import subprocess
import tempfile
from pathlib import Path

# What is typed, with what stands in angle brackets filled in, and what it must answer (None: that it succeeds).
COMMANDS = [
    ("the rule of the webhooks", """aws elbv2 describe-rules \\
    --listener-arn <HttpsListenerArn> \\
    --query 'Rules[?Conditions[?Values[?contains(@, `/webhooks/telnyx/`)]]].Priority'""", ["7"]),
    ("a new key", """aws secretsmanager put-secret-value \\
       --secret-id <AppSecretsArn> \\
       --secret-string "$(aws secretsmanager get-secret-value \\
           --secret-id <AppSecretsArn> --query SecretString --output text \\
           | python3 -c "import sys,json; d=json.load(sys.stdin); \\
             d['TELNYX_API_KEY']='<NEW_KEY>'; print(json.dumps(d))")" """, None),
    ("a new deployment", """aws ecs update-service \\
       --cluster <cluster-name> \\
       --service <AppName>-<Env>-backend \\
       --force-new-deployment""", None),
    ("the depth of the queue", """aws sqs get-queue-attributes \\
         --queue-url <FAX_CLASSIFY_QUEUE_URL> \\
         --attribute-names ApproximateNumberOfMessages""", None),
    ("a fax queued by hand", """aws sqs send-message \\
         --queue-url <FAX_CLASSIFY_QUEUE_URL> \\
         --message-body '{"fax_id":"<fax_id>","tenant_id":"<tid>","s3_key":"<key>"}'""", None),
    ("the worker's tasks", """aws ecs list-tasks --cluster <cluster> --family <AppName>-<env>-worker""", None),
    ("a prompt", """aws s3 cp <tmp>/menu.wav s3://<S3_BUCKET_AUDIO>/ivr/menu.wav \\
       --content-type audio/wav --cache-control "max-age=86400" """, "not json"),
    ("a fax fetched", """aws s3 cp s3://<S3_BUCKET_DOCS>/tenant/<tid>/fax/<date>/<fax_id>/original.pdf <tmp>/""", "not json"),
]


def run(moto, text):
    # Version 1 of `aws` has an address of its own for SQS, which wins over AWS_ENDPOINT_URL and not over its flag.
    typed = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }\n' + text
    return subprocess.run(["bash", "-c", typed], env=moto.env, capture_output=True, text=True)


def check_commands(report, moto, stacks):
    data, compute = stacks["data"].outputs, stacks["compute"].outputs
    day, fax = "2026/02/26", "fax-xyz"
    # Where moto answers; the stack's output names Amazon's host.
    queue = moto.client("sqs").get_queue_url(QueueName=data["FaxQueueName"])["QueueUrl"]
    # Looked at already; moto does not read a denial's condition, and would refuse everybody.
    for bucket in (data["DocsBucketName"], data["AudioBucketName"]):
        moto.client("s3").delete_bucket_policy(Bucket=bucket)
    # Looked at as well; moto would start the function in a container.
    moto.client("lambda").update_event_source_mapping(UUID=stacks["classify"].physical["ClassifySource"], Enabled=False)
    with tempfile.TemporaryDirectory() as tmp:
        Path(tmp, "menu.wav").write_bytes(b"RIFF")
        key = f"tenant/abc123/fax/{day}/{fax}/original.pdf"
        moto.client("s3").put_object(Bucket=data["DocsBucketName"], Key=key, Body=b"%PDF-1.7")
        filled = {
            "HttpsListenerArn": compute["HttpsListenerArn"], "AppSecretsArn": data["AppSecretsArn"],
            "cluster-name": compute["ClusterName"], "cluster": compute["ClusterName"], "NEW_KEY": "KEY-new",
            "AppName": "fusionems", "Env": "prod", "env": "prod", "FAX_CLASSIFY_QUEUE_URL": queue,
            "S3_BUCKET_AUDIO": data["AudioBucketName"], "S3_BUCKET_DOCS": data["DocsBucketName"],
            "fax_id": fax, "tid": "abc123", "date": day, "key": key, "tmp": tmp,
        }
        for what, text, wanted in COMMANDS:
            for name, value in filled.items():
                text = text.replace(f"<{name}>", value)
            done = run(moto, text)
            report.that(f"runbook: {what}", done.returncode == 0, done.stderr.strip())
            if done.returncode == 0 and wanted != "not json":
                answer = json.loads(done.stdout)
                report.that(f"runbook: {what}, the answer", wanted is None or answer == wanted, answer)
        fetched = Path(tmp, "original.pdf")
        report.that("runbook: the fax is the PDF", fetched.exists() and fetched.read_bytes() == b"%PDF-1.7")
    held = moto.client("secretsmanager").get_secret_value(SecretId=data["AppSecretsArn"])
    held = json.loads(held["SecretString"])
    report.that("runbook: the new key stands beside the others",
                held.get("TELNYX_API_KEY") == "KEY-new" and "SESSION_SECRET" in held, sorted(held))
    got = moto.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=0).get("Messages", [{"Body": "{}"}])
    report.same("runbook: the message that was queued", json.loads(got[0]["Body"]).get("fax_id"), fax)
    prompt = moto.client("s3").head_object(Bucket=data["AudioBucketName"], Key="ivr/menu.wav")
    report.same("runbook: the prompt", (prompt["ContentType"], prompt["CacheControl"]), ("audio/wav", "max-age=86400"))


# The script up to the change set, which is not executed: moto's lose outputs and do not split lists.
def check_script(report, moto, root, stacks):
    """`deploy/aws/stack` hands each stack the outputs of those before it, and what it is told."""
    outputs = {k: v for n in ("network", "data", "compute") for k, v in stacks[n].outputs.items()}
    told = {"ImageUri": "image:2", "CertificateArn": "certificate", "PublicBaseUrl": "https://api.example.org",
            "ConsoleCidrs": "203.0.113.0/24,198.51.100.0/24", "LogRetentionDays": "30"}
    client, script = moto.client("cloudformation"), str(root / "deploy/aws/stack")
    for name in ("network", "data", "compute"):
        with_outputs(client, f"scripted-prod-{name}", stacks[name].outputs)
    for name in ("compute", "monitoring"):
        stack = f"scripted-prod-{name}"
        client.delete_stack(StackName=stack)
        words = [f"{k}={v}" for k, v in told.items()] + ["--no-execute-changeset"]
        done = subprocess.run([script, "scripted", "prod", name, *words], env=moto.env, capture_output=True, text=True)
        report.that(f"deploy/aws/stack {name}", done.returncode == 0, done.stderr.strip())
        seen = {}
        if done.returncode == 0:
            made = max(client.list_change_sets(StackName=stack)["Summaries"], key=lambda s: s["CreationTime"])
            made = client.describe_change_set(ChangeSetName=made["ChangeSetId"])["Parameters"]
            seen = {p["ParameterKey"]: p.get("ParameterValue") for p in made}
        known = stacks[name].template["Parameters"]
        wanted = {k: v for k, v in (outputs | told).items() if k in known} | {"AppName": "scripted", "Env": "prod"}
        report.same(f"deploy/aws/stack {name}: its parameters", {k: v for k, v in seen.items() if k in wanted}, wanted)
        if name == "compute":
            client.delete_stack(StackName=stack)
            with_outputs(client, stack, stacks[name].outputs)
    done = subprocess.run([script, "a", "b", "nothing"], env=moto.env, capture_output=True)
    report.same("deploy/aws/stack refuses a name that is no stack", done.returncode, 2)


def with_outputs(client, name, outputs):
    """A stack that has these outputs and one log group."""
    body = {
        "Resources": {"Mark": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}}},
        "Outputs": {k: {"Value": v} for k, v in outputs.items()},
    }
    client.create_stack(StackName=name, TemplateBody=json.dumps(body))
