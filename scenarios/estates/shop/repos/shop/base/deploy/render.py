#!/usr/bin/env python3
"""Turns docker-compose.yml, .env and versions.yaml into the manifests of the clusters.

usage: deploy/render.py [SERVICE ...] > manifests.yaml
"""

import os
import pathlib
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIP = {"opensearch", "postgresql"}  # operated outside of this repository


def read_env(path):
    values = {}
    for line in path.read_text().splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            values[name] = value
    return values


def environment(service, entries, values, secrets):
    """The env list of a container, as compose would resolve it."""
    result = []
    for entry in entries:
        name, given, value = entry.partition("=")
        if name in secrets:
            result.append({"name": name, "valueFrom": {"secretKeyRef": {"name": "shop", "key": name}}})
        elif given:
            result.append({"name": name, "value": value})
        elif name in values:
            result.append({"name": name, "value": values[name]})
        else:
            # As docker compose does: a name without a value stays unset.
            print(f'warning: {service}: the "{name}" variable is not set, leaving it out', file=sys.stderr)
    return result


def manifest(name, service, values, versions, secrets):
    labels = service.get("labels", {})
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    image = service["image"].replace("${REGISTRY}", values["REGISTRY"])
    image = image.replace("${TAG:-dev}", versions.get(name, values["TAG"]))
    container = {
        "name": name,
        "image": image,
        "env": environment(name, service.get("environment", []), values, secrets),
    }
    if "memory" in limits:
        container["resources"] = {"limits": {"memory": limits["memory"].replace("M", "Mi").replace("G", "Gi")}}
    return {
        "apiVersion": "apps/v1",
        "kind": labels.get("shop.kind", "Deployment"),
        "metadata": {"name": name, "namespace": labels["shop.namespace"]},
        "spec": {
            "replicas": service.get("deploy", {}).get("replicas", 1),
            "strategy": {"type": labels.get("shop.strategy", "RollingUpdate")},
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
        },
    }


def main(wanted):
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    values = {**read_env(ROOT / ".env"), **{k: v for k, v in os.environ.items() if k.startswith("SHOP_")}}
    versions = yaml.safe_load((ROOT / "deploy" / "versions.yaml").read_text())
    secrets = set((ROOT / "deploy" / "secrets.txt").read_text().split("\n"))
    documents = [
        manifest(name, service, values, versions, secrets)
        for name, service in compose["services"].items()
        if name not in SKIP and (not wanted or name in wanted)
    ]
    yaml.safe_dump_all(documents, sys.stdout, sort_keys=False)


if __name__ == "__main__":
    main(sys.argv[1:])
