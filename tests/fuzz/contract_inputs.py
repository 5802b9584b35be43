#!/usr/bin/python3
"""contract_inputs.py OPENAPI.JSON FOLDER: what the contract itself gives the fuzz targets.

  FOLDER/<target>.dict     words: segments of paths; names and values of members
  FOLDER/seeds/<target>/   each path; for each schema a least and a full instance, and a faulty one
"""
import json
import pathlib
import re
import sys

MANY_FAULTS = 80  # more than are told (TB_SCHEMA_ERRORS_MAX)
METHODS = ("get", "put", "post", "delete", "patch")
FORMATS = {"uuid": "018f3a5e-7c1d-7000-8000-0000000000aa", "date": "2014-05-15",
           "date-time": "2014-05-15T09:30:00+08:00", "time": "09:30:00+08:00"}
SAMPLES = ("a", "ab", "37140200000", "371402001000", "3714020010001", "37140200100012",
           "37140219470101001X", "371402", "0" * 64)


def fuzz_hash(name):
    """tests/fuzz/fuzz.h's."""
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 & 0xffffffff
    return (value ^ value >> 16) & 0xffff


def text_of(schema):
    if "pattern" in schema:
        return next((one for one in SAMPLES if re.search(schema["pattern"], one)), "a")
    return FORMATS.get(schema.get("format"), "字" * max(1, schema.get("minLength", 0)))


class Contract:
    def __init__(self, document):
        self.document = document

    def resolve(self, schema):
        while "$ref" in schema:
            target = self.document
            for segment in schema["$ref"].split("/")[1:]:
                target = target[segment]
            schema = target
        return schema

    def instance(self, schema, full, last, depth=0):
        """A value that the schema allows: with the required members only or all of them, each of
        its first type or its last, which is null where that is allowed."""
        schema = self.resolve(schema)
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("example"), (str, int)):
            return schema["example"]
        if "enum" in schema:
            return schema["enum"][-1 if last else 0]
        kinds = schema.get("type", "object")
        kind = kinds if isinstance(kinds, str) else kinds[-1 if last else 0]
        if kind == "object":
            return {name: self.instance(member, full, last, depth + 1)
                    for name, member in schema.get("properties", {}).items()
                    if depth < 5 and (full or name in schema.get("required", ()))}
        if kind == "array":
            count = schema.get("minItems", 1 if full else 0)
            return [self.instance(schema["items"], full, last, depth + 1)] * count
        if kind in ("integer", "number"):
            return schema.get("maximum" if full else "minimum", 1)
        return {"boolean": full, "null": None}.get(kind, text_of(schema))

    def operations(self):
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    parameters = item.get("parameters", []) + item[method].get("parameters", [])
                    yield path, item[method], [self.resolve(one) for one in parameters]

    def places(self):
        """(name as validator_fuzz.c has it, schema, whether it is a parameter's text)."""
        for _, operation, parameters in self.operations():
            name = operation["operationId"]
            for parameter in parameters:
                yield f"{name}.{parameter['name']}", parameter["schema"], True
            body = self.resolve(operation.get("requestBody", {})).get("content", {})
            for media in body.values():
                if "schema" not in media:
                    continue  # a file
                yield f"{name}.body", media["schema"], False
            answer = next(iter(operation["responses"].values()))
            for media in self.resolve(answer).get("content", {}).values():
                if "schema" in media:
                    yield f"{name}.answer", self.row(media["schema"]), False

    def row(self, schema):
        """A list's schema is checked row by row."""
        data = self.resolve(schema).get("properties", {}).get("data")
        return self.resolve(data)["items"] if data else schema

    def words(self, node):
        if isinstance(node, dict):
            yield from (f'"{name}":' for name in node.get("properties", {}))
            yield from (f'"{value}"' for value in node.get("enum", ()))
            node = list(node.values())
        if isinstance(node, list):
            for one in node:
                yield from self.words(one)


def write_dictionary(path, words):
    quoted = ('"' + re.sub(r'(["\\])', r"\\\1", word) + '"' for word in sorted(set(words)))
    path.write_text("\n".join(quoted) + "\n", encoding="utf-8")


def write_seeds(folder, seeds):
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (folder / f"{number:04}").write_bytes(seed)


def schema_seeds(contract, places):
    faulty = {f"x{number}": number for number in range(MANY_FAULTS)}
    for name, schema, is_text in places:
        values = [contract.instance(schema, full, last)
                  for full, last in ((False, False), (True, False), (True, True))]
        for value in values + ([faulty] if name.endswith(".body") else []):
            if isinstance(value, list) and is_text:
                value = ",".join(map(str, value))
            text = value if is_text and isinstance(value, str) else json.dumps(value)
            yield fuzz_hash(name).to_bytes(2, "big") + text.encode()


def router_seeds(contract):
    for path, _, parameters in contract.operations():
        values = {one["name"]: str(contract.instance(one["schema"], False, False)) for one in parameters}
        yield re.sub(r"\{(\w+)\}", lambda name: values[name[1]], path).encode()


def main():
    contract = Contract(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")))
    folder = pathlib.Path(sys.argv[2])
    places = list(contract.places())
    bodies = [place for place in places if place[0].endswith(".body")]
    words = [*contract.words(contract.document), "null", "true", "false",
             *(f'"{text}"' for text in FORMATS.values())]
    segments = {f"/{segment}" for path in contract.document["paths"]
                for segment in path.split("/") if segment and segment[0] != "{"}
    write_seeds(folder / "seeds/validator", schema_seeds(contract, places))
    write_seeds(folder / "seeds/request", schema_seeds(contract, bodies))
    write_seeds(folder / "seeds/router", router_seeds(contract))
    write_dictionary(folder / "validator.dict", words)
    write_dictionary(folder / "request.dict", words)
    write_dictionary(folder / "router.dict",
                     segments | {"/" + FORMATS["uuid"], "/2014-05-12", "%2F", "%70"})


if __name__ == "__main__":
    main()
