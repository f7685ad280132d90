"""CloudFormation templates: read, with conditions decided, and with references resolved.

moto leaves AWS::NoValue in lists and drops whole resource types, so that both are done here; cfn-lint sees the files
as they are.
"""

import re

import yaml

ACCOUNT, REGION = "123456789012", "us-east-1"
PSEUDO = {"AWS::AccountId": ACCOUNT, "AWS::Region": REGION, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}
NO_VALUE = {"Ref": "AWS::NoValue"}


class _Loader(yaml.SafeLoader):
    """Short forms (`!Ref`) become long ones (`Ref`)."""


def _short_form(loader, name, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if name in ("Ref", "Condition"):
        return {name: value}
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _short_form)


def read(path):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, _Loader)


def parameters(template, given):
    """Every parameter's value: what is given, else its default. A list stays a text with commas, as it is passed."""
    known = template["Parameters"]
    values = {name: str(p["Default"]) for name, p in known.items() if "Default" in p}
    values.update({name: value for name, value in given.items() if name in known})
    missing = sorted(set(known) - set(values))
    if missing:
        raise KeyError(f"no value for {', '.join(missing)}")
    return values


def decided(template, values):
    """The template without conditions: what they leave out is gone, Fn::If and AWS::NoValue are too."""
    conditions = template.get("Conditions", {})

    def holds(c):
        if isinstance(c, str):
            return holds(conditions[c])
        ((function, operands),) = c.items()
        if function == "Fn::Equals":
            left, right = (str(values[o["Ref"]]) if isinstance(o, dict) else str(o) for o in operands)
            return left == right
        if function == "Fn::Not":
            return not holds(operands[0])
        raise NotImplementedError(function)

    def walk(value):
        if isinstance(value, dict):
            if set(value) == {"Fn::If"}:
                name, yes, no = value["Fn::If"]
                return walk(yes if holds(name) else no)
            walked = {k: walk(v) for k, v in value.items()}
            return {k: v for k, v in walked.items() if v != NO_VALUE}
        if isinstance(value, list):
            return [w for w in map(walk, value) if w != NO_VALUE]
        return value

    def kept(section):
        there = {k: v for k, v in section.items() if "Condition" not in v or holds(v["Condition"])}
        return {k: walk({n: p for n, p in v.items() if n != "Condition"}) for k, v in there.items()}

    rest = {k: v for k, v in template.items() if k != "Conditions"}
    return {**rest, "Resources": kept(template["Resources"]), "Outputs": kept(template.get("Outputs", {}))}


def attribute(kind, physical, name):
    """What GetAtt gives of a resource, told from its physical id."""
    last = physical.rsplit("/", 1)[-1]
    known = {
        ("AWS::S3::Bucket", "Arn"): f"arn:aws:s3:::{physical}",
        ("AWS::SQS::Queue", "Arn"): f"arn:aws:sqs:{REGION}:{ACCOUNT}:{last}",
        ("AWS::SQS::Queue", "QueueName"): last,
        ("AWS::KMS::Key", "Arn"): f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{last}",
        ("AWS::IAM::Role", "Arn"): f"arn:aws:iam::{ACCOUNT}:role/{last}",
        ("AWS::Logs::LogGroup", "Arn"): f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{physical}:*",
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerFullName"): physical.split(":loadbalancer/")[-1],
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "DNSName"): f"{last}.{REGION}.elb.amazonaws.com",
        ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupFullName"): physical.split(":")[-1],
        ("AWS::WAFv2::WebACL", "Arn"): physical,
        ("AWS::RDS::DBInstance", "Endpoint.Address"): f"{physical}.rds.amazonaws.com",
        ("AWS::EC2::EIP", "AllocationId"): physical,
    }
    return known[kind, name]


def resolved(value, template, values, physical):
    """A value of a decided template, with every reference followed. `physical`: logical name to physical id."""

    def ref(name):
        if name in values:
            kind = template["Parameters"][name]["Type"]
            return values[name].split(",") if kind.startswith("List<") or kind == "CommaDelimitedList" else values[name]
        return PSEUDO[name] if name in PSEUDO else physical[name]

    def get(name, of):
        return attribute(template["Resources"][name]["Type"], physical[name], of)

    def named(match):
        name = match.group(1)
        return get(*name.split(".", 1)) if "." in name else ref(name)

    def walk(v):
        if isinstance(v, list):
            return [walk(x) for x in v]
        if not isinstance(v, dict):
            return v
        if set(v) == {"Ref"}:
            return ref(v["Ref"])
        if set(v) == {"Fn::GetAtt"}:
            return get(*v["Fn::GetAtt"])
        if set(v) == {"Fn::Sub"}:
            return re.sub(r"\$\{([^!][^}]*)\}", named, v["Fn::Sub"])
        if set(v) == {"Fn::Join"}:
            return v["Fn::Join"][0].join(walk(v["Fn::Join"][1]))
        if set(v) == {"Fn::Select"}:
            return walk(v["Fn::Select"][1])[int(v["Fn::Select"][0])]
        if set(v) == {"Fn::GetAZs"}:
            return [f"{REGION}{zone}" for zone in "abcd"]
        if any(k.startswith("Fn::") for k in v):
            raise NotImplementedError(str(list(v)))
        return {k: walk(x) for k, x in v.items()}

    return walk(value)
