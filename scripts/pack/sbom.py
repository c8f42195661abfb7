#!/usr/bin/env python3
"""Writes a CycloneDX SBOM of the program: sbom.py VERSION DEPENDENCIES PACKAGE [NAME=VERSION...]

DEPENDENCIES is what `swift package show-dependencies --format json` prints, PACKAGE what `swift package dump-package`
prints. NAME=VERSION are libraries that are linked statically and no Swift package. Dated by SOURCE_DATE_EPOCH.
"""
import datetime
import json
import os
import sys
import uuid

version, tree_file, manifest_file, *libraries = sys.argv[1:]
tree = json.load(open(tree_file, encoding="utf-8"))
manifest = json.load(open(manifest_file, encoding="utf-8"))
NAME = "oidc-audit"


def purl(node):
    address = node["url"].removesuffix(".git").split("://")[-1]
    return f"pkg:swift/{address}@{node['version']}"


def products(target):
    for dependency in target["dependencies"]:
        if "product" in dependency:
            yield dependency["product"][1].lower()


# What tests alone need is not in the program, and not in its SBOM.
shipped = {name for target in manifest["targets"]
           if target["type"] != "test" and not target.get("path", "").startswith("Tests/") for name in products(target)}
nodes, edges = {}, {}


def walk(node):
    reference = purl(node)
    nodes[reference] = node
    edges[reference] = sorted({walk(child) for child in node["dependencies"]})
    return reference


top = sorted(walk(node) for node in tree["dependencies"] if node["identity"].lower() in shipped)
components = [
    {"type": "library", "bom-ref": reference, "name": node["name"], "version": node["version"], "purl": reference,
     "externalReferences": [{"type": "vcs", "url": node["url"]}]}
    for reference, node in sorted(nodes.items())]
for library in libraries:
    name, release = library.split("=", 1)
    reference = f"pkg:generic/{name}@{release}"
    components.append(
        {"type": "library", "bom-ref": reference, "name": name, "version": release, "purl": reference})
    edges[reference] = []
    top.append(reference)

own = f"pkg:generic/{NAME}@{version}"
when = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
content = json.dumps([components, edges], sort_keys=True)
json.dump({
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, own + content)}",
    "version": 1,
    "metadata": {
        "timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "component": {"type": "application", "bom-ref": own, "name": NAME, "version": version, "purl": own,
                      "licenses": [{"license": {"name": "not chosen yet by the owner"}}]}},
    "components": components,
    "dependencies": [{"ref": own, "dependsOn": top}]
    + [{"ref": reference, "dependsOn": edges[reference]} for reference in sorted(edges)],
}, sys.stdout, indent=2)
print()
