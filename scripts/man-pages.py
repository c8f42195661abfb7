#!/usr/bin/env python3
"""Writes a man page for each command: man-pages.py FOLDER < the output of oidc-audit --experimental-dump-help

A page is dated by SOURCE_DATE_EPOCH, so that packing twice gives the same bytes.
"""
import datetime
import json
import os
import re
import sys
import textwrap

folder = sys.argv[1]
root = json.load(sys.stdin)["command"]
day = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
date = f"{day:%B} {day.day}, {day.year}"


def text(line):
    """Text that roff takes as it is."""
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + line if line[:1] in (".", "'") else line


def running(block):
    """Lines of text as mdoc wants them: each sentence begins one, and none is long."""
    sentences = re.split(r"(?<=[.?!)])\s+(?=[A-Z])|\n", block)
    return [text(line) for one in sentences for line in textwrap.wrap(one, 76, break_on_hyphens=False)]


def continued(command):
    """A command line in lines that fit beside the margin, continued as a shell does."""
    if len(command) <= 72:
        return [command]
    cut = command.rindex(" ", 0, 70)
    return [command[:cut] + " \\", *continued("    " + command[cut + 1:])]


def paragraphs(block):
    """Examples as they are, the rest as running text."""
    lines, literal = [], False
    for line in block.split("\n"):
        if line.startswith("  ") != literal:
            literal = not literal
            lines.append(".Bd -literal -offset 2n" if literal else ".Ed")
        if not line:
            lines.append(".Pp")
        elif literal:
            lines += [text(part) for part in continued(line[2:])]
        else:
            lines += running(line)
    if literal:
        lines.append(".Ed")
    return lines


def flags(argument):
    return [("\\-" if name["kind"] == "short" else "\\-\\-") + name["name"].replace("-", "\\-")
            for name in sorted(argument["names"], key=lambda name: len(name["name"]))]


def value(argument):
    return text(argument["valueName"])


def meaning(argument):
    about = argument.get("abstract", "")
    hints = []
    if "allValues" in argument:
        hints.append("values: " + ", ".join(argument["allValues"]))
    if argument.get("defaultValue"):
        hints.append("default: " + argument["defaultValue"])
    if hints:
        about += f" ({'; '.join(hints)})"
    return running(f"{about}\n{argument.get('discussion', '')}".strip())


def listed(arguments):
    lines = [".Bl -tag -width indent"]
    for one in arguments:
        if one["kind"] == "positional":
            lines.append(f".It Ar {value(one)}")
        elif one["kind"] == "option":
            lines.append(f".It Sy {' , '.join(flags(one))} Ar {value(one)}")
        else:
            lines.append(f".It Sy {' , '.join(flags(one))}")
        lines += meaning(one)
    return lines + [".El"]


def page(command, path):
    name = "-".join(path)
    about = command["abstract"].rstrip(".")
    about = about[0].lower() + about[1:]
    arguments = [one for one in command.get("arguments", []) if one["shouldDisplay"]]
    options = [one for one in arguments if one["kind"] != "positional"]
    positions = [one for one in arguments if one["kind"] == "positional"]
    commands = [one for one in command.get("subcommands", []) if one["shouldDisplay"] and one["commandName"] != "help"]

    lines = [f".Dd {date}", f".Dt {name.upper()} 1", ".Os", ".Sh NAME", f".Nm {text(name)}"]
    lines += [f".Nd {text(about)}", ".Sh SYNOPSIS", f".Nm {' '.join(map(text, path))}"]
    if commands:
        lines.append(".Ar command")
    elif options:
        lines.append(".Op Ar options")
    for one in positions:
        repeated = " ..." if one["isRepeating"] else ""
        lines.append(f".{'Op Ar' if one['isOptional'] else 'Ar'} {value(one)}{repeated}")
    lines += [".Sh DESCRIPTION", *running(command["abstract"])]
    if command.get("discussion"):
        lines += [".Pp"] + paragraphs(command["discussion"])
    if commands:
        lines += [".Pp", "The commands are:", ".Bl -tag -width indent"]
        for one in commands:
            lines += [f".It Xr {'-'.join(path + [one['commandName']])} 1", *running(one["abstract"])]
        lines.append(".El")
    if positions:
        lines += [".Pp", "The arguments are:"] + listed(positions)
    if options:
        lines.append(".Pp")
        lines.append("The options are:")
        sections = list(dict.fromkeys(one.get("sectionTitle") for one in options))
        # As in the help: what has no section comes first.
        for section in sorted(sections, key=lambda title: title is not None):
            if section:
                lines.append(f".Ss {text(section)}")
            lines += listed([one for one in options if one.get("sectionTitle") == section])
    if len(path) > 1:
        lines += [".Sh SEE ALSO", f".Xr {'-'.join(path[:-1])} 1"]
    with open(os.path.join(folder, f"{name}.1"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    for one in commands:
        page(one, path + [one["commandName"]])


page(root, [root["commandName"]])
