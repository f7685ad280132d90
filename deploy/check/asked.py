"""What the services say of the made stacks: names, addresses, rules, rights, queues, buckets, logs, alarms."""

import fnmatch
import ipaddress
import json

from template import ACCOUNT

APP = "fusionems-prod"


def check_network(report, moto, stacks):
    ec2, out = moto.client("ec2"), stacks["network"].outputs
    subnets = {s["SubnetId"]: s for s in ec2.describe_subnets()["Subnets"]}
    for kind in ("PublicSubnets", "PrivateSubnets"):
        two = [subnets[i] for i in out[kind].split(",")]
        report.same(f"{kind} lie in two zones", len({s["AvailabilityZone"] for s in two}), 2)
        report.same(f"{kind} lie in the VPC", {s["VpcId"] for s in two}, {out["VpcId"]})
    for table in ec2.describe_route_tables()["RouteTables"]:
        of = {a.get("SubnetId") for a in table["Associations"]} & set(out["PrivateSubnets"].split(","))
        away = [r for r in table["Routes"] if r.get("DestinationCidrBlock") == "0.0.0.0/0"]
        if of:
            report.that("private subnets reach out by NAT only", all(r.get("NatGatewayId") for r in away) and away, away)
    groups = {g["GroupId"]: g for g in ec2.describe_security_groups()["SecurityGroups"]}

    def doors(group, side):
        ends = lambda p: [r["CidrIp"] for r in p["IpRanges"]] + [u["GroupId"] for u in p["UserIdGroupPairs"]]
        return {(p.get("FromPort"), end) for p in groups[out[group]][side] for end in ends(p)}

    balancer, tasks = out["LoadBalancerGroupId"], out["TaskGroupId"]
    report.same("into the load balancer", doors("LoadBalancerGroupId", "IpPermissions"), {(443, "0.0.0.0/0"), (80, "0.0.0.0/0")})
    report.same("into the tasks", doors("TaskGroupId", "IpPermissions"), {(8080, balancer)})
    report.same("out of the tasks", doors("TaskGroupId", "IpPermissionsEgress"),
                {(443, "0.0.0.0/0"), (5432, "0.0.0.0/0")})
    report.same("into the database", doors("DatabaseGroupId", "IpPermissions"), {(5432, tasks)})
    report.that("the load balancer reaches the tasks", (8080, tasks) in doors("LoadBalancerGroupId", "IpPermissionsEgress"))


def check_buckets(report, moto, stacks):
    s3 = moto.client("s3")
    wanted = {f"{APP}-docs": "aws:kms", f"{APP}-audio": "AES256"}
    out = stacks["data"].outputs
    report.same("the buckets", {out["DocsBucketName"], out["AudioBucketName"]}, set(wanted))
    for bucket, cipher in wanted.items():
        rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        default = rule["ApplyServerSideEncryptionByDefault"]
        report.same(f"{bucket} is encrypted", default["SSEAlgorithm"], cipher)
        if cipher == "aws:kms":
            report.same(f"{bucket} has its key", default["KMSMasterKeyID"], out["DataKeyArn"])
        report.same(f"{bucket} keeps versions", s3.get_bucket_versioning(Bucket=bucket).get("Status"), "Enabled")
        block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        report.that(f"{bucket} is closed to the public", len(block) == 4 and all(block.values()), block)
        owner = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
        report.same(f"{bucket} has no access lists", owner, [{"ObjectOwnership": "BucketOwnerEnforced"}])
        rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        report.that(f"{bucket} forgets what was replaced",
                    any(r.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") == 90 for r in rules), rules)
        report.that(f"{bucket} deletes nothing that is current", not any("Expiration" in r for r in rules), rules)
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
        tls = [s for s in policy if s["Effect"] == "Deny" and s["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}]
        both = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        report.that(f"{bucket} is reached by TLS only",
                    any(s["Principal"] == "*" and s["Action"] == "s3:*" and s["Resource"] == both for s in tls), policy)
        report.that(f"{bucket} lets nobody else in", len(policy) == len(tls), policy)
    key = moto.client("kms").get_key_rotation_status(KeyId=out["DataKeyArn"])
    report.that("the key is rotated", key["KeyRotationEnabled"], key)


def check_queue(report, moto, stacks):
    sqs, out = moto.client("sqs"), stacks["data"].outputs
    report.same("the queue's name", out["FaxQueueName"], f"{APP}-fax-classify")
    ask = lambda name: sqs.get_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], AttributeNames=["All"])["Attributes"]
    queue, dead = ask(out["FaxQueueName"]), ask(out["FaxDeadLettersName"])
    redrive = json.loads(queue["RedrivePolicy"])
    report.same("what is given up goes to the dead letters", redrive["deadLetterTargetArn"], dead["QueueArn"])
    report.that("only what is never received well goes there", int(redrive["maxReceiveCount"]) >= 8, redrive)
    timeout = stacks["classify"].of("ClassifyFunction")["Timeout"]
    report.same("a message is hidden for six times the function's time", int(queue["VisibilityTimeout"]), 6 * timeout)
    for name, a in ((out["FaxQueueName"], queue), (out["FaxDeadLettersName"], dead)):
        report.same(f"{name} keeps messages for a fortnight", a["MessageRetentionPeriod"], "1209600")
        report.same(f"{name} is encrypted", a["SqsManagedSseEnabled"], "true")
        (only,) = json.loads(a["Policy"])["Statement"]
        tls = (only["Effect"], only["Principal"], only["Condition"])
        report.same(f"{name} is reached by TLS only", tls, ("Deny", "*", {"Bool": {"aws:SecureTransport": "false"}}))


def check_secrets(report, moto, stacks):
    client, out = moto.client("secretsmanager"), stacks["data"].outputs
    held = lambda arn: json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
    app = held(out["AppSecretsArn"])
    report.that("SESSION_SECRET is made, long enough", len(app.get("SESSION_SECRET", "")) >= 32, sorted(app))
    report.same("the function's secret holds one key", set(held(out["ClassifySecretArn"])), {"DATABASE_URL"})


def check_database(report, moto, stacks):
    (db,) = moto.client("rds").describe_db_instances()["DBInstances"]
    report.same("the database's name", db["DBInstanceIdentifier"], APP)
    for what, wanted in {"PubliclyAccessible": False, "StorageEncrypted": True, "MultiAZ": True,
                         "DeletionProtection": True, "BackupRetentionPeriod": 14, "Engine": "postgres"}.items():
        report.same(f"the database: {what}", db[what], wanted)
    groups = [g["VpcSecurityGroupId"] for g in db["VpcSecurityGroups"]]
    report.same("the database's door", groups, [stacks["network"].outputs["DatabaseGroupId"]])
    tls = stacks["data"].of("DatabaseParameters")["Parameters"]
    report.same("the database speaks TLS only", tls, {"rds.force_ssl": "1"})


def check_rules(report, moto, stacks):
    """The rules as the load balancer has them, and where each address leads by them."""
    client, compute = moto.client("elbv2"), stacks["compute"]
    rules = client.describe_rules(ListenerArn=compute.outputs["HttpsListenerArn"])["Rules"]
    seen = {r["Priority"]: r for r in rules}
    report.same("the priorities", sorted(seen), sorted(["5", "7", "8", "9", "10", "20", "default"]))
    report.same("TelnyxWebhookListenerRule has priority 7", compute.of("TelnyxWebhookListenerRule")["Priority"], 7)
    paths = lambda c: c.get("PathPatternConfig", {}).get("Values") or c.get("Values", [])
    report.same("its paths", [paths(c) for c in seen["7"]["Conditions"]], [["/webhooks/telnyx/*"]])
    names = {compute.physical[n]: n for n in ("WebhookTargets", "WebTargets")}

    def leads(path, ip):
        for rule in sorted((r for r in rules if r["Priority"] != "default"), key=lambda r: int(r["Priority"])):
            fits = lambda c: (
                any(fnmatch.fnmatchcase(path, p) for p in paths(c)) if c["Field"] == "path-pattern"
                else any(ipaddress.ip_address(ip) in ipaddress.ip_network(n) for n in c["SourceIpConfig"]["Values"]))
            if all(map(fits, rule["Conditions"])):
                return names.get(rule["Actions"][0].get("TargetGroupArn"), "404")
        return names.get(seen["default"]["Actions"][0].get("TargetGroupArn"), "404")

    stranger, office = "198.51.100.7", "203.0.113.9"
    for path, ip, wanted in [
        ("/webhooks/telnyx/voice", stranger, "WebhookTargets"), ("/webhooks/telnyx/sms", stranger, "WebhookTargets"),
        ("/webhooks/telnyx/fax", stranger, "WebhookTargets"), ("/webhooks/stripe", stranger, "WebTargets"),
        ("/p/abc", stranger, "WebTargets"), ("/pay/success", stranger, "WebTargets"), ("/pay/cancel", stranger, "WebTargets"),
        ("/ivr/menu.wav", stranger, "WebTargets"), ("/", office, "WebTargets"), ("/api/v1/faxes", office, "WebTargets"),
        ("/", stranger, "404"), ("/api/v1/faxes", stranger, "404"), ("/metrics", office, "404"), ("/readyz", office, "404"),
    ]:
        report.same(f"{path} of {ip} leads to", leads(path, ip), wanted)
    listeners = client.describe_listeners(LoadBalancerArn=compute.physical["LoadBalancer"])["Listeners"]
    by_port = {l["Port"]: l for l in listeners}
    report.same("http is sent to https", by_port[80]["DefaultActions"][0]["RedirectConfig"]["Protocol"], "HTTPS")
    report.that("https is TLS 1.2 or newer", "TLS13-1-2" in by_port[443]["SslPolicy"], by_port[443]["SslPolicy"])
    for group in client.describe_target_groups()["TargetGroups"]:
        health = (group["HealthCheckPath"], group["Matcher"]["HttpCode"], group["TargetType"], group["Port"])
        report.same(f"health of {group['TargetGroupName']}", health, ("/healthz", "200", "ip", 8080))


def check_tasks(report, moto, stacks):
    ecs, compute = moto.client("ecs"), stacks["compute"]
    report.same("the cluster", compute.outputs["ClusterName"], APP)
    roles = {"backend": "BackendRole", "worker": "WorkerRole"}
    commands = {"backend": ["serve", "--role", "web"], "worker": ["worker"]}
    for name, role in roles.items():
        (service,) = ecs.describe_services(cluster=APP, services=[f"{APP}-{name}"])["services"]
        report.same(f"service {name}", service["serviceName"], f"{APP}-{name}")
        task = ecs.describe_task_definition(taskDefinition=f"{APP}-{name}")["taskDefinition"]
        report.same(f"family of {name}", (task["family"], service["taskDefinition"]), (f"{APP}-{name}", task["taskDefinitionArn"]))
        report.same(f"role of {name}", task["taskRoleArn"], f"arn:aws:iam::{ACCOUNT}:role/{compute.physical[role]}")
        main = task["containerDefinitions"][0]
        report.same(f"command of {name}", (main["name"], main["command"]), (name, commands[name]))
        report.same(f"health of {name}", main["healthCheck"]["command"], ["CMD", "/usr/local/bin/healthy"])
        report.that(f"{name} writes to no file of its image", main["readonlyRootFilesystem"])
        report.same(f"secret of {name}", main["secrets"],
                    [{"name": "APP_SECRETS_JSON", "valueFrom": stacks["data"].outputs["AppSecretsArn"]}])
        logs = {c["name"]: c["logConfiguration"]["options"] for c in task["containerDefinitions"]}
        wanted = {"backend": ["backend", "opa", "otel"], "worker": ["worker"]}[name]
        prefixes = {c: (o["awslogs-group"], o["awslogs-stream-prefix"]) for c, o in logs.items()}
        report.same(f"logs of {name}", prefixes, {c: (f"/fusionems/prod/{name}", c) for c in wanted})
        report.same(f"{name} waits for no log", logs[name].get("mode"), "non-blocking")
        network = service["networkConfiguration"]["awsvpcConfiguration"]
        report.same(f"{name} has no public address", network["assignPublicIp"], "DISABLED")
        report.same(f"subnets of {name}", ",".join(network["subnets"]), stacks["network"].outputs["PrivateSubnets"])
        targets = [(b["targetGroupArn"], b["containerName"], b["containerPort"]) for b in service.get("loadBalancers", [])]
        both = [(compute.physical[t], "backend", 8080) for t in ("WebhookTargets", "WebTargets")]
        report.same(f"targets of {name}", targets, both if name == "backend" else [])
    groups = {g["logGroupName"]: g.get("retentionInDays") for g in moto.client("logs").describe_log_groups()["logGroups"]}
    report.same("log groups", groups, {"/fusionems/prod/backend": 400, "/fusionems/prod/worker": 400})


def check_roles(report, moto, stacks):
    """Each role may do exactly this."""
    data = stacks["data"].outputs
    docs, audio = "arn:aws:s3:::fusionems-prod-docs", "arn:aws:s3:::fusionems-prod-audio"
    queue, key, app = data["FaxQueueArn"], data["DataKeyArn"], data["AppSecretsArn"]
    take = {(f"sqs:{a}", queue) for a in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")}
    use_key = {("kms:Decrypt", key), ("kms:GenerateDataKey", key)}
    interfaces = ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface", "DescribeSubnets",
                  "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses")
    logs = "arn:aws:logs:us-east-1:123456789012:log-group:/fusionems/prod"
    wanted = {
        ("compute", "BackendRole"): {
            ("s3:GetObject", f"{audio}/ivr/*"), ("s3:GetObject", f"{docs}/tenant/*"), ("s3:ListBucket", audio),
            ("s3:ListBucket", docs), ("kms:Decrypt", key), ("sqs:SendMessage", queue),
            ("secretsmanager:GetSecretValue", app), ("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*")},
        ("compute", "WorkerRole"): take | use_key | {
            ("s3:GetObject", f"{docs}/tenant/*"), ("s3:PutObject", f"{docs}/tenant/*"), ("s3:ListBucket", docs),
            ("sqs:SendMessage", queue), ("secretsmanager:GetSecretValue", app)},
        ("classify", "ClassifyRole"): take | use_key | {(f"ec2:{a}", "*") for a in interfaces} | {
            ("s3:GetObject", f"{docs}/tenant/*"), ("s3:PutObject", f"{docs}/tenant/*/pages.json"), ("s3:ListBucket", docs),
            ("secretsmanager:GetSecretValue", data["ClassifySecretArn"]),
            ("logs:CreateLogStream", f"{logs}/worker:*"), ("logs:PutLogEvents", f"{logs}/worker:*")},
        ("compute", "ExecutionRole"): {
            ("secretsmanager:GetSecretValue", app), ("ecr:GetAuthorizationToken", "*"),
            *((f"logs:{a}", f"{logs}/{g}:*") for a in ("CreateLogStream", "PutLogEvents") for g in ("backend", "worker")),
            *((f"ecr:{a}", "arn:aws:ecr:us-east-1:123456789012:repository/*")
              for a in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"))},
    }
    iam = moto.client("iam")
    listed = lambda v: v if isinstance(v, list) else [v]
    for (stack, logical), may in wanted.items():
        role = stacks[stack].physical[logical]
        seen = set()
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            for s in iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]:
                seen |= {(a, r) for a in listed(s["Action"]) for r in listed(s["Resource"])}
        report.that(f"{logical} may do what it needs", may <= seen, sorted(may - seen))
        report.that(f"{logical} may do no more", seen <= may, sorted(seen - may))
        attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        report.same(f"{logical} has no policy of others", attached, [])
    every = {k for s in stacks.values() for k in s.all("AWS::IAM::Role")}
    report.same("all roles were looked at", {logical for _, logical in wanted}, every)


def check_function(report, moto, stacks):
    client = moto.client("lambda")
    f = client.get_function(FunctionName=f"{APP}-classify")["Configuration"]
    report.same("the function is an image", f["PackageType"], "Image")
    image = f["ImageConfigResponse"]["ImageConfig"]
    report.same("the function starts", (image["EntryPoint"], image["Command"]), (["/usr/local/bin/fusion-comms"], ["lambda"]))
    report.same("the function's role", f["Role"].rsplit("/", 1)[-1], stacks["classify"].physical["ClassifyRole"])
    # moto keeps none: read in the template.
    group = stacks["classify"].of("ClassifyFunction")["LoggingConfig"]["LogGroup"]
    report.same("the function's log group", group, "/fusionems/prod/worker")
    (source,) = client.list_event_source_mappings(FunctionName=f["FunctionName"])["EventSourceMappings"]
    report.same("the function's queue", source["EventSourceArn"], stacks["data"].outputs["FaxQueueArn"])
    report.same("the function takes one fax at a time", source["BatchSize"], 1)
    report.same("the function says which messages failed", source["FunctionResponseTypes"], ["ReportBatchItemFailures"])
    network = (",".join(f["VpcConfig"]["SubnetIds"]), f["VpcConfig"]["SecurityGroupIds"])
    out = stacks["network"].outputs
    report.same("the function's network", network, (out["PrivateSubnets"], [out["TaskGroupId"]]))


def check_alarms(report, moto, stacks):
    alarms = {a["AlarmName"]: a for a in moto.client("cloudwatch").describe_alarms()["MetricAlarms"]}
    on_call, billing = (stacks["monitoring"].outputs[t] for t in ("OnCallTopicArn", "BillingTopicArn"))
    wanted = {  # name: metric, threshold, period in seconds, statistic, who is told
        f"{APP}-webhook-5xx": (None, 1, None, None, on_call),
        f"{APP}-event-insert-failures": ("fusionems/prod:event_insert_failures", 0, 60, "Sum", on_call),
        f"{APP}-fax-queue-age": ("AWS/SQS:ApproximateAgeOfOldestMessage", 300, 60, "Maximum", on_call),
        f"{APP}-ivr-transfer-failures": ("fusionems/prod:ivr_transfer_failures", 5, 600, "Sum", billing),
        f"{APP}-fax-dead-letters": ("AWS/SQS:ApproximateNumberOfMessagesVisible", 0, 300, "Maximum", on_call),
    }
    report.same("the alarms", set(alarms), set(wanted))
    for name, (metric, threshold, period, statistic, told) in wanted.items():
        a = alarms.get(name, {})
        report.same(f"{name}: over", (a.get("Threshold"), a.get("ComparisonOperator")), (threshold, "GreaterThanThreshold"))
        report.same(f"{name}: told to", a.get("AlarmActions"), [told])
        report.same(f"{name}: silence is well", (a.get("TreatMissingData"), a.get("EvaluationPeriods")), ("notBreaching", 1))
        if metric:
            seen = (f"{a.get('Namespace')}:{a.get('MetricName')}", a.get("Period"), a.get("Statistic"))
            report.same(f"{name}: measures", seen, (metric, period, statistic))
    queue = {d["Value"] for d in alarms[f"{APP}-fax-queue-age"]["Dimensions"]}
    report.same("the queue that is watched", queue, {f"{APP}-fax-classify"})
    webhooks = stacks["compute"].physical["WebhookTargets"]
    metrics = {m["Id"]: m for m in alarms[f"{APP}-webhook-5xx"]["Metrics"]}
    report.same("5xx: one result", [i for i, m in metrics.items() if m.get("ReturnData", True)], ["share"])
    for i in ("asked", "failed"):
        dimensions = {d["Name"]: d["Value"] for d in metrics[i]["MetricStat"]["Metric"]["Dimensions"]}
        report.that(f"5xx: {i} is of the webhooks alone", webhooks.endswith(":" + dimensions.get("TargetGroup", "?")), dimensions)
    report.same("5xx: five minutes", {m["MetricStat"]["Period"] for m in metrics.values() if "MetricStat" in m}, {300})
    filters = {f["filterName"]: f for f in moto.client("logs").describe_metric_filters()["metricFilters"]}
    fed = {(t["metricNamespace"], t["metricName"], f["logGroupName"]) for f in filters.values() for t in f["metricTransformations"]}
    report.same("the filters feed the alarms", fed, {
        ("fusionems/prod", "event_insert_failures", "/fusionems/prod/backend"),
        ("fusionems/prod", "ivr_transfer_failures", "/fusionems/prod/worker")})
