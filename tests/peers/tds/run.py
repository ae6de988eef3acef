"""Holds the stand-in SQL Server against clients by others, over plain connections and TLS.

usage: run.py --batches FILE -- SERVER [ARGUMENT ...]

SERVER prints one line of JSON, {"servers": [{"name", "host", "port", "user", "password", "certificate"}]} or what
`estate serve --tcp` prints, and runs until its stdin closes. An estate's servers are met plain and over TLS. FILE lists batches with the results (columns, rows) and the messages (numbers) each has to give. Every
client has to say the same of every batch: the same rows, the same messages in the same order. Exit code 1 where one does not.

A batch with "parameters" has {0}, {1} in their places, and is for clients that send parameters (sp_executesql); no NULL among them,
which python-tds writes into the text. One with "on" is for servers of that kind; one with "moving" has times and identities in
its rows, which are not compared.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
PYTHON = [sys.executable, "-B"]
CLIENTS = {
    "pymssql": [*PYTHON, str(HERE / "by_pymssql.py")],
    "python-tds": [*PYTHON, str(HERE / "by_python_tds.py")],
    "tedious": ["node", str(HERE / "by_tedious.mjs")],
    "tsql": [*PYTHON, str(HERE / "by_tsql.py")],
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=pathlib.Path, required=True)
    parser.add_argument("server", nargs="+")
    arguments = parser.parse_args()
    batches = json.loads(arguments.batches.read_text(encoding="utf-8"))
    with subprocess.Popen(arguments.server, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        servers = listed(json.loads(process.stdout.readline()))
        findings = [finding for server in servers for finding in judge(server, of_kind(server, batches))]
        process.stdin.close()
    for finding in findings:
        print(finding)
    asked = len(CLIENTS) * sum(len(of_kind(server, batches)) for server in servers)
    print(json.dumps({"findings": len(findings), "asked": asked}))
    return 1 if findings or not asked or process.returncode else 0


def listed(told):
    """The servers, each once for every way to reach it."""
    if "servers" in told:
        return told["servers"]
    found = []
    for side in ("source", "destination"):
        tcp = told[side]["tcp"]
        host, port = tcp["address"].rsplit(":", 1)
        login = {"host": host, "port": int(port), "user": tcp["user"], "password": tcp["password"]}
        for name, certificate in (("plain", None), ("tls", tcp["certificate"])):
            found.append({"name": f"{side} {name}", "kind": told[side]["kind"], "certificate": certificate, **login})
    return found


def of_kind(server, batches):
    return [batch for batch in batches if batch.get("on", server.get("kind")) == server.get("kind")]


def judge(server, batches):
    answers = {}
    for name, command in CLIENTS.items():
        order = json.dumps({"server": server, "batches": batches})
        ran = subprocess.run(command, input=order, capture_output=True, text=True, timeout=300, check=False)
        if ran.returncode:
            yield f"{server['name']}, {name}: {ran.stderr.strip()}"
        else:
            answers[name] = json.loads(ran.stdout)
    for index, batch in enumerate(batches):
        where = f"{server['name']}, {batch['sql']!r}"
        told = {name: answer[index] for name, answer in answers.items() if answer[index] is not None}
        for name, answer in told.items():
            yield from (f"{where}, {name}: {what}" for what in against_the_list(batch, name, answer))
        whole = [name for name, answer in told.items() if "results" in answer]
        for one, other in zip(whole, whole[1:]):
            if not batch.get("moving") and told[one]["results"] != told[other]["results"]:
                yield f"{where}: {one} reads {shortened(told[one])}, {other} {shortened(told[other])}"
        heard = {name: [timeless(message) for message in answer["messages"]] for name, answer in told.items()}
        for name, messages in heard.items():
            if name != "tsql" and messages != heard[whole[0]]:
                yield f"{where}: {name} hears {messages}, {whole[0]} {heard[whole[0]]}"


def timeless(message):
    """Class and text, without how long it took: every client asked anew."""
    return [message[1], re.sub(r"in [0-9.]+ seconds \([0-9.]+ MB/sec\)", "in no time", message[2])]


def against_the_list(batch, name, told):
    """What is not as the list says. db-lib numbers one error alone; tsql counts lines, and keeps changes of database quiet."""
    wanted = [number for number in batch["messages"] if name != "tsql" or number not in (5701, 5703)]
    numbers = [message[0] for message in told["messages"]]
    fits = len(numbers) == len(wanted)
    if not fits or any(told not in (None, wanted) for told, wanted in zip(numbers, wanted)):
        yield f"messages {numbers}, not {wanted}"
    if "results" in told:
        shapes = [[len(result["columns"]), len(result["rows"])] for result in told["results"]]
        if shapes != batch["results"]:
            yield f"results of {shapes} columns and rows, not {batch['results']}"
        return
    lines = sum(rows + 1 for _, rows in batch["results"])
    if told["lines"] != lines:
        yield f"{told['lines']} lines, not {lines}"


def shortened(told):
    return json.dumps(told["results"], ensure_ascii=False)[:600]


if __name__ == "__main__":
    sys.exit(main())
