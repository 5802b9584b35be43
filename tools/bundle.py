#!/usr/bin/python3
"""Bundle the contract: openapi/ (YAML, many files) -> one openapi.json.

    tools/bundle.py OPENAPI_DIR OUT_JSON

openapi.yaml            the frame: openapi, info, servers, security, components without schemas
paths/<area>.yaml       mapping of path -> path item, merged into `paths`; each operation gets
                        `x-area: <area>`, the folder of its SQL file
schemas/<noun>.yaml     mapping of name -> schema, merged into `components.schemas`
parameters/<area>.yaml  mapping of name -> parameter, merged into `components.parameters`
problems/<theme>.yaml   mapping of code -> problem, merged into `x-problems`; problems.yaml too

What every operation has from the engine is written here, once: the problem answer, a list's limit,
cursor, sort and count, the headers Idempotency-Key and If-Match (marked `x-engine`).

Every reference is '#/components/...' wherever it is written, and must resolve. What is defined
twice, in one file or in two, is an error: nothing silently wins. All errors of a run are printed.
"""
import copy
import json
import os
import pathlib
import re
import sys

import yaml

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PROBLEM_KEYS = {"status": int, "title_en": str, "title_zh": str, "detail_en": str, "detail_zh": str}
MERGE_TAG = "tag:yaml.org,2002:merge"


class Loader(yaml.SafeLoader):
    """YAML with JSON's idea of plain words: 2014-05-15 and 12:30 and `on` stay strings. A key
    stands once in a mapping."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        first_line = {}
        for key_node, _ in node.value:
            if key_node.tag == MERGE_TAG:
                continue
            key = self.construct_object(key_node, deep=True)
            if key in first_line:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} already stands on line {first_line[key]}",
                    key_node.start_mark)
            first_line[key] = key_node.start_mark.line + 1
        return super().construct_mapping(node, deep)


for tag, pattern, first in (
        ("null", r"^(?:null|~|)$", ["n", "~", ""]),
        ("bool", r"^(?:true|false)$", list("tf")),
        ("int", r"^-?(?:0|[1-9][0-9]*)$", list("-0123456789")),
        ("float", r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$",
         list("-0123456789")),
        ("merge", r"^<<$", ["<"])):
    Loader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)


class Bundle:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.errors = []
        self.origin = {}  # (kind, name) -> the file that defines it

    def error(self, where, message):
        self.errors.append(f"{where}: {message}")

    def load(self, path):
        """The mapping in one file; an empty one when the file is empty or wrong."""
        try:
            document = yaml.load(path.read_text(encoding="utf-8"), Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self.error(f"{path}:{mark.line + 1}" if mark else path, error.problem or error.context)
            return {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            self.error(path, error)
            return {}
        if document is not None and not isinstance(document, dict):
            self.error(path, "a mapping is expected")
            return {}
        return document or {}

    def define(self, kind, name, path):
        """Whether `name` is new; a second definition is an error that names the first."""
        if (kind, name) in self.origin:
            self.error(path, f"{kind} {name} is already defined in {self.origin[kind, name]}")
            return False
        self.origin[kind, name] = path
        return True

    def merge_named(self, target, kind, path):
        for name, value in self.load(path).items():
            if self.define(kind, name, path):
                target[name] = value

    def merge_paths(self, target, path):
        for route, item in self.load(path).items():
            if not isinstance(item, dict):
                self.error(path, f"{route}: a path item is a mapping")
                continue
            merged = target.setdefault(route, {})
            for key, value in item.items():
                if key in METHODS:
                    self.add_operation(merged, path, route, key, value)
                elif self.define("path item's key", f"{route} {key}", path):
                    merged[key] = value

    def add_operation(self, merged, path, route, method, operation):
        name = f"{method.upper()} {route}"
        if not self.define("operation", name, path):
            return
        if not isinstance(operation, dict) or not operation.get("operationId"):
            self.error(path, f"{name} has no operationId")
        elif self.define("operationId", operation["operationId"], path):
            # A copy: an alias in YAML is one object, and add_engine_parts() adds to it.
            merged[method] = copy.deepcopy(operation) | {"x-area": path.stem}

    def check_problems(self, problems):
        for code, problem in problems.items():
            path = self.origin["problem", code]
            if not isinstance(problem, dict):
                self.error(path, f"{code}: a mapping is expected")
                continue
            for key, kind in PROBLEM_KEYS.items():
                if not isinstance(problem.get(key), kind):
                    self.error(path, f"{code}: {key} is missing or no {kind.__name__}")
            if not isinstance(problem.get("args", []), list):
                self.error(path, f"{code}: args is a list of names")
            for key in problem.keys() - PROBLEM_KEYS.keys() - {"args"}:
                self.error(path, f"{code}: unknown key {key}")

    def check_references(self, document):
        for place, reference in references(document, "#"):
            if not isinstance(reference, str) or not reference.startswith("#/components/"):
                self.error(place, f"reference {reference!r} is not written '#/components/...'")
            elif not resolves(document, reference):
                self.error(place, f"reference {reference} leads nowhere")

    def build(self):
        frame = self.root / "openapi.yaml"
        document = self.load(frame)
        if document.get("paths"):
            self.error(frame, "paths belong into paths/<area>.yaml")
        components = document.setdefault("components", {})
        for kind, section in (("schema", "schemas"), ("parameter", "parameters")):
            for name in components.setdefault(section, {}):
                self.define(kind, name, frame)
        document["paths"] = {}
        for path in sorted(self.root.glob("paths/*.yaml")):
            self.merge_paths(document["paths"], path)
        for path in sorted(self.root.glob("schemas/*.yaml")):
            self.merge_named(components["schemas"], "schema", path)
        for path in sorted(self.root.glob("parameters/*.yaml")):
            self.merge_named(components["parameters"], "parameter", path)
        problems = document["x-problems"] = {}
        for path in sorted([*self.root.glob("problems.yaml"), *self.root.glob("problems/*.yaml")]):
            self.merge_named(problems, "problem", path)
        self.check_problems(problems)
        for item in document["paths"].values():
            for method in item.keys() & set(METHODS):
                add_engine_parts(method, item[method], components["schemas"])
        self.check_references(document)
        return document


def engine_parameter(place, name, schema, description, required=False):
    return {"name": name, "in": place, "required": required, "description": description,
            "schema": schema, "x-engine": True}


def list_parameters(sorts):
    names = [name for name in sorts if name != "default"]
    return [
        engine_parameter("query", "limit", {"type": "integer", "minimum": 1, "maximum": 200,
                                            "default": 50}, "Rows of a page"),
        engine_parameter("query", "cursor", {"type": "string", "maxLength": 4096},
                         "The next_cursor of the page before, with the same sort"),
        engine_parameter("query", "sort", {"type": "string", "enum": names,
                                           "default": sorts.get("default")}, "The order"),
        engine_parameter("query", "count", {"type": "boolean", "default": False},
                         "Whether to answer total_count"),
    ]


def add_engine_parts(method, operation, schemas):
    """What the engine does for every operation of a kind, so that the contract says it."""
    parameters = operation.setdefault("parameters", [])
    if isinstance(operation.get("x-sort"), dict):
        parameters += list_parameters(operation["x-sort"])
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        schema = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
        if "properties" in schema:
            schema["properties"]["total_count"] = {"type": "integer", "minimum": 0}
    if method != "get" and "x-event" in operation:
        parameters.append(engine_parameter(
            "header", "Idempotency-Key", {"type": "string", "minLength": 1, "maxLength": 512},
            "The same key on a retry: the work is done once",
            operation.get("x-idempotency") == "required"))
    if "x-if-match" in operation:
        parameters.append(engine_parameter(
            "header", "If-Match", {"type": "string", "maxLength": 32},
            "The ETag that was read", operation["x-if-match"] == "required"))
    add_security(operation)
    if method != "get" and "x-event" in operation and operation.get("x-generate") != "token":
        add_preference(operation, parameters)
    operation["responses"].setdefault("default", {
        "description": "A problem (RFC 9457)",
        "content": {"application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"}}}})


def add_security(operation):
    """Who has no token may call only what has no roles."""
    if "x-roles" not in operation:
        operation["security"] = []
    else:
        operation.setdefault("security", [{"token": []}])


def add_preference(operation, parameters):
    """Not as an answer of its own: a generated client would have to expect no body everywhere."""
    parameters.append(engine_parameter(
        "header", "Prefer", {"type": "string", "maxLength": 200},
        "`return=minimal`: the answer has no body, and is 204 instead of 200 (RFC 7240)"))


def references(node, place, keys_are_names=False):
    """Every ($ref, where it stands). Examples are data: a "$ref" inside one is not a reference.
    Below `properties` the keys are a noun's own words, whatever they look like."""
    children = ()
    if isinstance(node, dict):
        if "$ref" in node and not keys_are_names:
            yield place, node["$ref"]
        children = node.items()
    elif isinstance(node, list):
        children = enumerate(node)
    for key, child in children:
        if keys_are_names or key not in ("example", "examples", "default", "const", "enum"):
            escaped = str(key).replace("~", "~0").replace("/", "~1")
            yield from references(child, f"{place}/{escaped}", key == "properties")


def resolves(document, reference):
    node = document
    for step in reference[2:].split("/"):
        step = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or step not in node:
            return False
        node = node[step]
    return True


def write_whole(path, text):
    """Write beside the target and rename: a reader or a broken build never sees half a file."""
    temporary = f"{path}.{os.getpid()}.new"
    with open(temporary, "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(temporary, path)


def main():
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} OPENAPI_DIR OUT_JSON")
    bundle = Bundle(sys.argv[1])
    document = bundle.build()
    if bundle.errors:
        sys.exit("\n".join(bundle.errors))
    write_whole(sys.argv[2], json.dumps(document, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
