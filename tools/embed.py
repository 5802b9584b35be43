#!/usr/bin/python3
"""Write the assembly file that builds contract, SQL, migrations and images into the program.

    tools/embed.py SOURCE_DIR OPENAPI_JSON OUT_S

Each asset is one .incbin, followed by a NUL that does not belong to it; the table `tb_assets`
(include/timebank/assets.h) lists them by path in byte order, as bsearch and strcmp see it, and ends
with a NULL entry. The table holds addresses, so in a position-independent program it is relocated
at load: it stands in .data.rel.ro, which is read-only afterwards.
"""
import os
import pathlib
import sys

HEADER = """\
/* Made by tools/embed.py; the table is declared in include/timebank/assets.h. */
#if __SIZEOF_POINTER__ != 8
#error "the table is written for 64-bit addresses"
#endif
"""

TABLE = """\
    .section .data.rel.ro, "aw", %progbits
    .balign 8
    .globl tb_assets
    .type tb_assets, %object
tb_assets:
"""

FOOTER = """\
    .quad 0, 0, 0
    .size tb_assets, . - tb_assets
    .section .note.GNU-stack, "", %progbits
"""


def assets(source, contract):
    """{path in the program: file}, sorted by path."""
    found = {"openapi.json": contract}
    for pattern in ("sql/**/*.sql", "migrations/*.sql", "assets/**/*.svg"):
        for path in source.glob(pattern):
            found[path.relative_to(source).as_posix()] = path
    return dict(sorted(found.items(), key=lambda item: item[0].encode()))


def quoted(text):
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def assembly(found):
    lines = [HEADER, "    .section .rodata\n"]
    for number, (name, path) in enumerate(found.items()):
        lines.append(f"path_{number}: .asciz {quoted(name)}\n"
                     f"    .balign 16\n"
                     f"data_{number}: .incbin {quoted(path.resolve())}\n"
                     f"end_{number}: .byte 0\n")
    lines.append(TABLE)
    for number in range(len(found)):
        lines.append(f"    .quad path_{number}, data_{number}, end_{number}\n")
    lines.append(FOOTER)
    return "".join(lines)


def main():
    if len(sys.argv) != 4:
        sys.exit(f"usage: {sys.argv[0]} SOURCE_DIR OPENAPI_JSON OUT_S")
    source, contract, out = map(pathlib.Path, sys.argv[1:])
    if not contract.is_file():
        sys.exit(f"{contract}: not a file")
    temporary = out.with_suffix(f".{os.getpid()}.new")
    temporary.write_text(assembly(assets(source, contract)), encoding="utf-8")
    os.replace(temporary, out)


if __name__ == "__main__":
    main()
