"""Whether every example of the OpenAPI document in argv[1] fits the schema that it is an example of."""

import json
import sys

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource

with open(sys.argv[1], encoding="utf-8") as file:
    document = json.load(file)
registry = Registry().with_resource("urn:document", Resource.opaque(document))
checker = OAS30Validator.FORMAT_CHECKER
examples = wrong = 0


def check(value, path):
    """Every schema with an example, wherever it stands."""
    global examples, wrong
    if isinstance(value, list):
        for index, item in enumerate(value):
            check(item, f"{path}/{index}")
    if not isinstance(value, dict):
        return
    if "example" in value and ("schema" in value or "type" in value or "$ref" in value):
        examples += 1
        schema = {"$ref": f"urn:document{path}/schema" if "schema" in value else f"urn:document{path}"}
        validator = OAS30Validator(schema, registry=registry, format_checker=checker)
        for error in validator.iter_errors(value["example"]):
            wrong += 1
            print(f"{path}: {error.json_path} of the example: {error.message}")
    for name, member in value.items():
        if name != "example":
            check(member, f"{path}/{name.replace('~', '~0').replace('/', '~1')}")


check(document, "#")
print(f"{examples} examples, {wrong} wrong")
sys.exit(1 if wrong or not examples else 0)
