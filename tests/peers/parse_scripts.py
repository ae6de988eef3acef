#!/usr/bin/env python3
"""The PowerShell scripts, read by somebody else's parser: tree-sitter with its PowerShell grammar.

    parse_scripts.py FOLDER    needs requirements.txt; every .ps1 file of the folder

Each script must parse without an error, say what it is in its header, call nothing but its own functions and commands
that PowerShell 3.0 or Windows has, and use no syntax that came later. Nothing may run text as code. As a check that
cannot fail is a defect, each script is then broken in several ways, and every one must be refused.
"""

import sys
from pathlib import Path

import tree_sitter_powershell
from tree_sitter import Language, Parser

PARSER = Parser(Language(tree_sitter_powershell.language()))

HEADER = ("# Input: ", "# Output: ", "# Rights: ", "# Source: ")

# Commands of PowerShell 3.0 and of modules that Windows Server brings along, in small letters. None runs text.
COMMANDS = {
    "convertfrom-json", "convertto-json", "get-itemproperty", "get-module", "get-service", "get-webapppoolstate",
    "get-wmiobject",
    "import-module", "join-path", "new-object", "out-null", "set-itemproperty", "start-sleep", "start-webapppool",
    "stop-webapppool", "test-path",
}
# Programs, by the expressions that name them.
PROGRAMS = {
    r'"$env:SystemRoot\System32\sc.exe"',
    r'"$env:SystemRoot\System32\inetsrv\appcmd.exe"',
    "(Join-Path $PSScriptRoot 'answer.ps1')",
}
# Syntax of PowerShell 5.0 and later, as far as the grammar knows it: `?:`, `??` and `?.` are errors to it.
LATER = {"class_statement", "enum_statement", "pipeline_chain_tail"}
# Names that run text as code, wherever they stand.
RUNS_TEXT = ("invoke-expression", "scriptblock]::create", "-encodedcommand", "addscript(")


def nodes(node):
    yield node
    for child in node.children:
        yield from nodes(child)


def text(node):
    return node.text.decode("ascii")


def functions(root):
    names = (node.child_by_field_name("name") or node.children[1] for node in nodes(root) if node.type == "function_statement")
    return {text(name).lower() for name in names}


def check(source, known):
    """What is wrong with a script, `known` being the functions of the one it reads in."""
    root = PARSER.parse(source).root_node
    wrong = [f"line {node.start_point[0] + 1}: {node.type}" for node in nodes(root) if node.is_error or node.is_missing]
    wrong += [f"no {heading!r}" for heading in HEADER if heading.encode() not in source]
    wrong += [f"{later} is newer than PowerShell 3.0" for later in sorted({node.type for node in nodes(root)} & LATER)]
    wrong += [f"{name} runs text as code" for name in RUNS_TEXT if name.encode() in source.lower()]
    allowed = COMMANDS | known | functions(root)
    for node in nodes(root):
        is_command = node.type == "command_name" and text(node).lower() not in allowed
        is_program = node.type == "command_name_expr" and text(node).lower() not in allowed and text(node) not in PROGRAMS
        if is_command or is_program:
            wrong.append(f"line {node.start_point[0] + 1}: {text(node)} is not on the list of what may be called")
    return wrong


def broken(source):
    """The script, broken in ways that a parser or a rule has to see."""
    yield "a brace is gone", b"".join(source.rpartition(b"}")[::2])
    yield "a bracket is open", source + b"\nGet-Service (\n"
    yield "a string is open", source + b"\n'\n"
    yield "no header", source.replace(b"# Rights: ", b"# ")
    yield "a class", source + b"\nclass Answer { [string] $Text }\n"
    yield "an enumeration", source + b"\nenum Answer { Yes }\n"
    yield "a chain", source + b"\nGet-Service && Get-Service\n"
    yield "a ternary", source + b"\n$a = $b ? 1 : 2\n"
    yield "text is run", source + b"\nInvoke-Expression $text\n"
    yield "an unknown command", source + b"\nRemove-Item C:\\\n"
    yield "an unknown program", source + b"\n& \"$env:SystemRoot\\System32\\format.com\" c:\n"
    yield "a string names the program", source + b"\n& $text\n"


def main():
    folder = Path(sys.argv[1])
    scripts = {path.name: path.read_bytes() for path in sorted(folder.glob("*.ps1"))}
    if not scripts:
        raise SystemExit(f"{folder} holds no script")
    shared = functions(PARSER.parse(scripts["answer.ps1"]).root_node)
    failed = [f"{name}: {wrong}" for name, source in scripts.items() for wrong in check(source, shared)]
    for name, source in scripts.items():
        failed += [f"{name}: accepted although {how}" for how, text in broken(source) if not check(text, shared)]
    print("\n".join(failed) or f"{len(scripts)} scripts are well, and broken ones are refused")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
