#!/usr/bin/python3
"""The tree check: what no compiler sees. Prints `file:line: message` for each finding; exit 1 when
there is any.

Contract and tree
  - an operation without `x-handler: c` has sql/<area>/<operationId>.sql, and every file below an
    area of the contract belongs to an operation of that area
  - every operationId occurs in a test of tests/api
  - an SQL file that touches a table speaks of the district
Size
  - no function over 70 lines, no file over 600 (src, include, sql, tests)
Words
  - no banned call, no registry host, no path of a developer's machine
"""
import pathlib
import re
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
METHODS = ("get", "put", "post", "delete", "patch")

BANNED_CALL = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok|alloca)\s*\(")
TABLE = re.compile(r"\b(?:from|join|insert\s+into|update|delete\s+from)\s+(?:only\s+)?[a-z_]\w*\b"
                   r"(?!\s*\()", re.I)
LOCKED_URL = re.compile(r'"resolved"\s*:\s*"https?:')
REGISTRY_HOST = re.compile(r"\bregistry\.[a-z0-9-]+\.(?:org|com|io)\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}~])/(?:home|Users|root|work)/[\w.-]+")

# Where a function of each language begins and ends, given the house style: the end has the
# indentation of the beginning. JavaScript: functions and tests, not the `describe` around them.
BRACE = (re.compile(r"^\{$"), re.compile(r"^\}$"))
FUNCTION = {
    ".c": BRACE,
    ".h": BRACE,
    ".mjs": (re.compile(r"^\s*(?!describe\b)\w.*(?:\bfunction\b|=>|\)).*\{$"),
             re.compile(r"^\s*\}")),
    ".sql": (re.compile(r"^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE)\b", re.I),
             re.compile(r"^(?!.*\bAS \$).*\$\w*\$;?$", re.I)),
}

findings = []


def find(path, line, message):
    findings.append((str(path.relative_to(ROOT)), line, message))


def files(folder, *suffixes):
    return [path for path in sorted((ROOT / folder).rglob("*"))
            if path.suffix in suffixes and path.is_file() and "node_modules" not in path.parts]


def tracked_files():
    """What git tracks; in a tree without git, all that is neither built nor fetched nor state."""
    try:
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "-c", "-o",
                                 "--exclude-standard"],
                                capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        skipped = {".git", "build", "var", "node_modules"}
        listed = [path.relative_to(ROOT) for path in ROOT.rglob("*")
                  if not skipped & set(path.relative_to(ROOT).parts)]
    return [ROOT / name for name in listed if name != "" and (ROOT / name).is_file()]


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def operations():
    """Every (area, operationId, whether C handles it, file, line)."""
    for path in sorted((ROOT / "openapi/paths").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        try:
            items = (yaml.load(text, yaml.BaseLoader) or {}).values()
        except yaml.MarkedYAMLError as error:
            find(path, error.problem_mark.line + 1, error.problem)
            continue
        for item in items:
            for method in METHODS:
                if method in item:
                    name = item[method].get("operationId", "")
                    at = re.search(rf"operationId:\s*[\"']?{re.escape(name)}\b", text)
                    yield (path.stem, name, item[method].get("x-handler") == "c", path,
                           line_of(text, at.start()) if at else 1)


def check_contract():
    tests = "\n".join(path.read_text(encoding="utf-8") for path in files("tests/api", ".mjs"))
    tested = set(re.findall(r"\b\w+\b", tests))
    known, areas = set(), set()
    for area, name, in_c, path, line in operations():
        known.add((area, name))
        areas.add(area)
        if not in_c and not (ROOT / f"sql/{area}/{name}.sql").is_file():
            find(path, line, f"{name} has no sql/{area}/{name}.sql")
        if name not in tested:
            find(path, line, f"{name} occurs in no test of tests/api")
    for path in files("sql", ".sql"):
        if path.parent.name in areas and (path.parent.name, path.stem) not in known:
            find(path, 1, f"openapi/paths/{path.parent.name}.yaml has no operation {path.stem}")


def check_district(path):
    """`-- no district: <reason>` stands where a statement is rightly outside of any district."""
    text = path.read_text(encoding="utf-8")
    code = re.sub(r"--[^\n]*", lambda comment: " " * len(comment[0]), text)
    touched = TABLE.search(code)
    if touched and "district" not in code and not re.search(r"-- no district: \S", text):
        find(path, line_of(code, touched.start()), "a table is read or written without its district")


def functions(path, lines):
    """Every function's first and last line, counted from 0; a nested one is part of the outer."""
    begins, ends = FUNCTION[path.suffix]
    start = indent = None
    for number, line in enumerate(lines):
        if start is None and begins.search(line):
            start, indent = number, len(line) - len(line.lstrip())
        elif start is not None and ends.search(line) and len(line) - len(line.lstrip()) == indent:
            yield signature_start(lines, start), number
            start = None


def signature_start(lines, opening):
    """The line on which the signature begins that ends at the line of the opening brace."""
    if lines[opening] != "{":
        return opening
    start = opening
    while start > 0 and re.match(r"[\w\s*]", lines[start - 1]) and lines[start - 1].strip():
        start -= 1
    return start


def check_size(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(lines) > FILE_LINES_MAX:
        find(path, 1, f"{len(lines)} lines; a file has at most {FILE_LINES_MAX}")
    for first, last in functions(path, lines):
        length = last - first + 1
        if length > FUNCTION_LINES_MAX:
            find(path, first + 1, f"a function of {length} lines; at most {FUNCTION_LINES_MAX}")


def check_calls(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        call = BANNED_CALL.search(line)
        if call:
            find(path, number, f"{call[1]} is banned")


def check_words(path):
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    for pattern, message in ((LOCKED_URL, "a lock file names a registry"),
                             (REGISTRY_HOST, "the name of a registry"),
                             (MACHINE_PATH, "a path of somebody's machine")):
        for found in pattern.finditer(text):
            find(path, line_of(text, found.start()), f"{message}: {found[0]}")


def main():
    check_contract()
    for path in files("sql", ".sql"):
        check_district(path)
    for folder in ("src", "include", "sql", "tests"):
        for path in files(folder, *FUNCTION):
            check_size(path)
    for path in files("src", ".c", ".h") + files("include", ".h"):
        check_calls(path)
    for path in tracked_files():
        check_words(path)
    for path, line, message in sorted(set(findings)):
        print(f"{path}:{line}: {message}")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
