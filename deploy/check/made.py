"""Stacks on a moto server: through its CloudFormation what that can do, through the services' own calls what it cannot.

moto's CloudFormation skips some resource types without a word and drops properties of others. Both are listed here,
with what is done instead: the resource's properties, resolved, go to the service's own call, whose shape botocore
checks name by name.
"""

import json
import os
import socket
import subprocess
import time
import urllib.request

import boto3

from template import REGION, decided, parameters, read, resolved

# Types that moto's CloudFormation does not know. One that it learns is to be taken off: `stale` tells.
UNKNOWN_TO_MOTO = {
    "AWS::CloudWatch::Alarm",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::Logs::MetricFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::Secret",
    "AWS::WAFv2::WebACL",
    "AWS::WAFv2::WebACLAssociation",
}
# Types of which it drops properties (what leaves a group, all of a bucket but its encryption, roles of a task, a
# service's load balancers, a function's image), whose policies it keeps as no JSON (a role), or on which it breaks (a
# database with a parameter group).
HALF_DONE_BY_MOTO = {
    "AWS::EC2::SecurityGroup",
    "AWS::IAM::Role",
    "AWS::S3::Bucket",
    "AWS::ECS::TaskDefinition",
    "AWS::ECS::Service",
    "AWS::Lambda::Function",
    "AWS::Lambda::EventSourceMapping",
    "AWS::RDS::DBInstance",
}
# Of the other types it drops the attributes of load balancer and target groups: `text.check_kept_aside` reads those.
BY_HAND = UNKNOWN_TO_MOTO | HALF_DONE_BY_MOTO


def stale():
    """Types that are listed as unknown although this moto knows them."""
    from moto.cloudformation.parsing import get_model_map

    return UNKNOWN_TO_MOTO & set(get_model_map())


class Moto:
    """A server of its own on a free port, with nothing in it; ends with the `with` block."""

    def __init__(self, program):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.url, self.clients = f"http://127.0.0.1:{port}", {}
        self.child = subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # Nothing of this machine's own AWS settings: not even by mistake is a real account asked.
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_PAGER": "",
            "AWS_MAX_ATTEMPTS": "1",
            "NO_PROXY": "127.0.0.1",
        }

    def __enter__(self):
        ends = time.monotonic() + 120
        while time.monotonic() < ends:
            try:
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.url + "/moto-api/", timeout=2)
                return self
            except OSError:
                time.sleep(0.1)
        self.__exit__()
        raise TimeoutError("moto does not answer")

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()

    def client(self, service):
        if service not in self.clients:
            key = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
            self.clients[service] = boto3.client(service, region_name=REGION, endpoint_url=self.url, **key)
        return self.clients[service]


class Stack:
    """One made stack: its resources with resolved properties, and its outputs."""

    def __init__(self, moto, path, name, given):
        self.name = name
        whole = read(path)
        self.values = parameters(whole, given)
        self.template = decided(whole, self.values)
        self.by_hand = [k for k, r in self.template["Resources"].items() if r["Type"] in BY_HAND]
        self.physical = self._by_cloudformation(moto)
        for logical in self.by_hand:
            self.physical[logical] = make(moto, self.kind(logical), logical, self.of(logical))
        self.outputs = {k: self._resolved(o["Value"]) for k, o in self.template["Outputs"].items()}

    def _by_cloudformation(self, moto):
        hidden = set(self.by_hand)
        resources = {k: r for k, r in self.template["Resources"].items() if k not in hidden}
        body = {**self.template, "Resources": resources, "Outputs": {}}
        given = [{"ParameterKey": k, "ParameterValue": v} for k, v in self.values.items()]
        client = moto.client("cloudformation")
        client.create_stack(
            StackName=self.name, TemplateBody=json.dumps(body), Parameters=given, Capabilities=["CAPABILITY_IAM"]
        )
        pages = client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        made = {r["LogicalResourceId"]: r["PhysicalResourceId"] for p in pages for r in p["StackResourceSummaries"]}
        skipped = sorted(set(resources) - set(made))
        if skipped:
            raise LookupError(f"{self.name}: moto made nothing of {', '.join(skipped)}")
        return made

    def _resolved(self, value):
        return resolved(value, self.template, self.values, self.physical)

    def kind(self, logical):
        return self.template["Resources"][logical]["Type"]

    def of(self, logical):
        """The properties of a resource, resolved."""
        return self._resolved(self.template["Resources"][logical].get("Properties", {}))

    def all(self, kind):
        return [k for k, r in self.template["Resources"].items() if r["Type"] == kind]


def call(client, operation, value):
    """Calls with properties as CloudFormation writes them. An unknown name is an error, not left out."""
    shape = client.meta.service_model.operation_model(operation).input_shape

    def fitted(v, shape):
        if shape.type_name == "structure":
            members = {m.lower(): m for m in shape.members}
            return {members[k.lower()]: fitted(x, shape.members[members[k.lower()]]) for k, x in v.items()}
        if shape.type_name == "list":
            return [fitted(x, shape.member) for x in v]
        if shape.type_name == "map":
            return {k: fitted(x, shape.value) for k, x in v.items()}
        as_is = {"integer": int, "long": int, "double": float, "blob": lambda x: x.encode(), "string": str}
        if shape.type_name == "boolean":
            return v if isinstance(v, bool) else v == "true"
        return as_is[shape.type_name](v)

    method = {api: name for name, api in client.meta.method_to_api_mapping.items()}[operation]
    return getattr(client, method)(**fitted(value, shape))


def make_bucket(moto, p):
    """A bucket in the five calls that its properties stand for."""
    s3, bucket = moto.client("s3"), p["BucketName"]
    s3.create_bucket(Bucket=bucket)
    rules = []
    for rule in p["BucketEncryption"]["ServerSideEncryptionConfiguration"]:
        default = rule.pop("ServerSideEncryptionByDefault")
        rules.append(rule | {"ApplyServerSideEncryptionByDefault": default})
    configuration = {"ServerSideEncryptionConfiguration": {"Rules": rules}}
    call(s3, "PutBucketEncryption", {"Bucket": bucket} | configuration)
    call(s3, "PutBucketVersioning", {"Bucket": bucket, "VersioningConfiguration": p["VersioningConfiguration"]})
    call(s3, "PutBucketOwnershipControls", {"Bucket": bucket, "OwnershipControls": p["OwnershipControls"]})
    block = {"PublicAccessBlockConfiguration": p["PublicAccessBlockConfiguration"]}
    call(s3, "PutPublicAccessBlock", {"Bucket": bucket} | block)
    rules = []
    for rule in p["LifecycleConfiguration"]["Rules"]:
        where = {"Filter": {"Prefix": rule.pop("Prefix", "")}}
        ends = {"Expiration": {"Days": rule.pop("ExpirationInDays")}} if "ExpirationInDays" in rule else {}
        rules.append(rule | where | ends)
    call(s3, "PutBucketLifecycleConfiguration", {"Bucket": bucket, "LifecycleConfiguration": {"Rules": rules}})
    return bucket


def make_group(moto, p):
    """A security group; the rule that lets everything out goes where others are named."""
    ec2 = moto.client("ec2")
    group = ec2.create_security_group(GroupName=p["GroupDescription"], Description=p["GroupDescription"], VpcId=p["VpcId"])
    group = group["GroupId"]

    def doors(rules):
        for r in rules:
            door = {k: r[k] for k in ("IpProtocol", "FromPort", "ToPort")}
            if "CidrIp" in r:
                yield door | {"IpRanges": [{"CidrIp": r["CidrIp"], "Description": r["Description"]}]}
            else:
                yield door | {"UserIdGroupPairs": [{"GroupId": r["SourceSecurityGroupId"]}]}

    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=list(doors(p["SecurityGroupIngress"])))
    if "SecurityGroupEgress" in p:
        everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=list(doors(p["SecurityGroupEgress"])))
    return group


def make(moto, kind, logical, p):
    """Makes a resource of a type in BY_HAND by its service's own call; its physical id."""
    document = json.dumps(p.get("PolicyDocument"))
    match kind:
        case "AWS::S3::Bucket":
            return make_bucket(moto, p)
        case "AWS::EC2::SecurityGroup":
            return make_group(moto, p)
        case "AWS::IAM::Role":
            iam, role = moto.client("iam"), f"role-{logical}"
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(p["AssumeRolePolicyDocument"]))
            for policy in p["Policies"]:
                written = json.dumps(policy["PolicyDocument"])
                iam.put_role_policy(RoleName=role, PolicyName=policy["PolicyName"], PolicyDocument=written)
            return role
        case "AWS::CloudWatch::Alarm":
            call(moto.client("cloudwatch"), "PutMetricAlarm", p)
            return p["AlarmName"]
        case "AWS::Logs::MetricFilter":
            call(moto.client("logs"), "PutMetricFilter", p)
            return p["FilterName"]
        case "AWS::S3::BucketPolicy":
            moto.client("s3").put_bucket_policy(Bucket=p["Bucket"], Policy=document)
            return p["Bucket"]
        case "AWS::SQS::QueuePolicy":
            for url in p["Queues"]:
                moto.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
            return "policy"
        case "AWS::SecretsManager::Secret":
            client = moto.client("secretsmanager")
            text = p.get("SecretString")
            if how := p.get("GenerateSecretString"):
                grown = {k: v for k, v in how.items() if k not in ("SecretStringTemplate", "GenerateStringKey")}
                word = call(client, "GetRandomPassword", grown)["RandomPassword"]
                text = json.dumps(json.loads(how["SecretStringTemplate"]) | {how["GenerateStringKey"]: word})
            return client.create_secret(Name=p["Name"], Description=p["Description"], SecretString=text)["ARN"]
        case "AWS::SNS::Subscription":
            return call(moto.client("sns"), "Subscribe", p)["SubscriptionArn"]
        case "AWS::EC2::SecurityGroupEgress":
            pair = {"GroupId": p["DestinationSecurityGroupId"], "Description": p["Description"]}
            ports = {k: p[k] for k in ("IpProtocol", "FromPort", "ToPort")} | {"UserIdGroupPairs": [pair]}
            moto.client("ec2").authorize_security_group_egress(GroupId=p["GroupId"], IpPermissions=[ports])
            return "egress"
        case "AWS::WAFv2::WebACL":
            return call(moto.client("wafv2"), "CreateWebACL", p)["Summary"]["ARN"]
        case "AWS::WAFv2::WebACLAssociation":
            call(moto.client("wafv2"), "AssociateWebACL", p)
            return "association"
        case "AWS::ECS::TaskDefinition":
            answer = call(moto.client("ecs"), "RegisterTaskDefinition", p)
            return answer["taskDefinition"]["taskDefinitionArn"]
        case "AWS::ECS::Service":
            return call(moto.client("ecs"), "CreateService", p)["service"]["serviceArn"]
        case "AWS::Lambda::Function":
            call(moto.client("lambda"), "CreateFunction", p)
            return p["FunctionName"]
        case "AWS::Lambda::EventSourceMapping":
            return call(moto.client("lambda"), "CreateEventSourceMapping", p)["UUID"]
        case "AWS::RDS::DBInstance":
            renamed = {"VPCSecurityGroups": "VpcSecurityGroupIds"}
            call(moto.client("rds"), "CreateDBInstance", {renamed.get(k, k): v for k, v in p.items()})
            return p["DBInstanceIdentifier"]
    raise NotImplementedError(kind)
