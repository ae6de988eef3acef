"""Runs batches through FreeTDS's tsql: reads the order from stdin, writes canonical JSON to stdout.

tsql prints tables for people: of a result only its columns' names and the number of its rows are told.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

SEPARATOR = "\x1f"
MESSAGE = re.compile(r'Msg (\d+) \(severity (\d+), state \d+\) from [^\n]*\n\t"(.*?)"\n', re.DOTALL)


def main():
    order = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps([answer(order["server"], batch, folder) for batch in order["batches"]]))


def answer(server, batch, folder):
    if "parameters" in batch:
        return None
    conf = os.path.join(folder, "freetds.conf")
    with open(conf, "w", encoding="utf-8") as file:
        encryption = "require" if server["certificate"] else "off"
        file.write(f"[peer]\nhost = {server['host']}\nport = {server['port']}\nencryption = {encryption}\n")
        file.write("tds version = 7.4\nclient charset = UTF-8\n")
    told = subprocess.run(
        ["tsql", "-S", "peer", "-U", server["user"], "-P", server["password"], "-t", SEPARATOR, "-o", "q"],
        input=f"{batch['sql']}\ngo\n",
        env={**os.environ, "FREETDSCONF": conf},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # 1 stands for a batch that failed as well as for a login that did.
    if told.returncode not in (0, 1) or "There was a problem connecting to the server" in told.stderr:
        sys.exit(told.stderr)
    messages = [[int(number), int(severity), text] for number, severity, text in MESSAGE.findall(told.stderr)]
    return {"lines": told.stdout.count("\n") + (not told.stdout.endswith("\n") and told.stdout != ""), "messages": messages}


main()
