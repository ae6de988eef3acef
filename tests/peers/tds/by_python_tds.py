"""Runs batches through python-tds: reads the order from stdin, writes canonical JSON to stdout.

A statement without a result that follows one with a result repeats its columns here: such batches are none for comparing.
"""

import json
import ssl
import sys
import tempfile

import pytds

from canonical import cell


def main():
    order = json.load(sys.stdin)
    server = order["server"]
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as trusted:
        options = {}
        if server["certificate"]:
            trusted.write(ssl.DER_cert_to_PEM_cert(bytes.fromhex(server["certificate"])))
            trusted.flush()
            options = {"cafile": trusted.name, "validate_host": False}
        connection = pytds.connect(
            dsn=server["host"],
            port=server["port"],
            user=server["user"],
            password=server["password"],
            autocommit=True,
            **options,
        )
        print(json.dumps([answer(connection, batch) for batch in order["batches"]]))
        connection.close()


def answer(connection, batch):
    cursor, results = connection.cursor(), []
    try:
        parameters = tuple(batch.get("parameters", ()))
        cursor.execute(batch["sql"].format(*["%s"] * len(parameters)), parameters)
        while True:
            if cursor.description:
                rows = [[cell(value) for value in row] for row in cursor.fetchall()]
                results.append({"columns": [column[0] for column in cursor.description], "rows": rows})
            if not cursor.nextset():
                break
    except pytds.DatabaseError:
        # The same messages stand in the cursor.
        pass
    messages = [[message.msg_no, message.severity, message.text] for _, message in cursor.messages or []]
    cursor.close()
    return {"results": results, "messages": messages}


main()
