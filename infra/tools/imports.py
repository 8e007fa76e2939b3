"""Finds the Rust source files of a binary by their imports."""

import re

# The folder of each crate, by the name that others import it by.
CRATES = {"export_gate": "src", "export_gate_functions": "infra/functions/src"}

DEFINES = r"\b(?:struct|enum|union|trait|fn|const|static|type|macro_rules!)\s+"


def reached(root, main):
    """`main`, and every file that a reached file imports from. A re-export alone does not reach a file."""
    files = {}
    for folder in CRATES.values():
        for path in sorted((root / folder).rglob("*.rs")):
            files[path] = _File(path, root / folder)
    found, waiting = set(), [main]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        file = files[path]
        for import_ in file.imports():
            waiting += _resolve(root, files, file, import_, set())
        # `impl Gate` can be in a file below the one that defines `Gate`.
        for child in file.children(files):
            if any(file.defines(name) for name in re.findall(r"\bimpl(?:<[^>]*>)?\s+(\w+)", child.text)):
                waiting.append(child.path)
    return sorted(found)


def code(path):
    """A file without comments and tests."""
    return re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8")).split("#[cfg(test)]\nmod tests")[0]


class _File:
    def __init__(self, path, crate):
        text = code(path)
        self.path, self.crate = path, crate
        self.uses = re.findall(r"^\s*(pub(?:\([^)]*\))? )?use ([^;]+);", text, re.MULTILINE)
        self.text = re.sub(r"^\s*(?:pub(?:\([^)]*\))? )?use [^;]+;", "", text, flags=re.MULTILINE)
        parts = path.relative_to(crate).with_suffix("").parts
        self.module = parts[:-1] if parts[-1] in ("mod", "lib", "main") else parts

    def defines(self, name):
        return re.search(DEFINES + name + r"\b", self.text) is not None

    def children(self, files):
        return [
            file
            for file in files.values()
            if file.crate == self.crate and file.module[:-1] == self.module != file.module
        ]

    def imports(self):
        """Every path that the file names, except re-exports."""
        paths = [path for public, tree in self.uses if not public for path in _paths(tree)]
        paths += [tuple(path.split("::")) for path in re.findall(r"\b[a-z]\w*(?:::\w+)+", self.text)]
        # The file can use its own re-exports.
        passed_on = [path for public, tree in self.uses if public for path in _paths(tree)]
        return paths + [path for path in passed_on if re.search(rf"\b{re.escape(path[-1])}\b", self.text)]

    def passes_on(self, name):
        return [path for _, tree in self.uses for path in _paths(tree) if path[-1] == name]


def _paths(tree):
    """`a::{b, c::{d, self}, e as f}` as the paths a::b, a::c::d, a::c, a::e."""
    tree = "".join(re.sub(r"\s+as\s+\w+", "", tree).split())
    head, brace, rest = tree.partition("{")
    before = tuple(part for part in head.split("::") if part)
    if not brace:
        return [before]
    paths, depth, one = [], 0, ""
    for letter in rest[:-1] + ",":
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            paths += [before + path for path in _paths(one)] if one and one != "self" else [before] if one else []
            one = ""
        else:
            one += letter
    return paths


def _resolve(root, files, file, path, seen):
    """The files that a path in `file` refers to."""
    if not path or (file.path, path) in seen:
        return []
    seen.add((file.path, path))
    first, rest = path[0], path[1:]
    if first == "crate":
        crate, module = file.crate, rest
    elif first in CRATES:
        crate, module = root / CRATES[first], rest
    elif first in ("super", "self"):
        crate, module = file.crate, (file.module[:-1] if first == "super" else file.module) + rest
    elif _module(files, file.crate, file.module + (first,)):
        crate, module = file.crate, file.module + path
    else:
        return []
    for length in range(len(module), -1, -1):
        within = _module(files, crate, module[:length])
        if within:
            break
    else:
        return []
    item = module[length : length + 1]
    if not item or within.defines(item[0]):
        return [within.path]
    return [end for found in within.passes_on(item[0]) for end in _resolve(root, files, within, found, seen)] or [
        within.path
    ]


def _module(files, crate, module):
    for file in files.values():
        if file.crate == crate and file.module == tuple(module) and file.path.stem != "main":
            return file
    return None
