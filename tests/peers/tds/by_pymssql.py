"""Runs batches through pymssql (FreeTDS's db-lib): reads the order from stdin, writes canonical JSON to stdout."""

import json
import sys

from pymssql import _mssql

from canonical import cell


def main():
    order = json.load(sys.stdin)
    server = order["server"]
    connection = _mssql.connect(
        server=server["host"],
        port=str(server["port"]),
        user=server["user"],
        password=server["password"],
        tds_version="7.4",
        charset="UTF-8",
        encryption="require" if server["certificate"] else "off",
    )
    print(json.dumps([answer(connection, batch) for batch in order["batches"]]))


def answer(connection, batch):
    # It puts parameters into the text by itself; nothing of them is left to see.
    if "parameters" in batch:
        return None
    # db-lib keeps the number of the last error alone; the text and the class come here.
    results, messages = [], []
    connection.set_msghandler(
        lambda state, severity, server, procedure, line, text: messages.append([None, severity, text.decode()])
    )
    try:
        connection.execute_query(batch["sql"])
        while True:
            header = connection.get_header()
            if header:
                rows = [[cell(row[column]) for column in range(len(header))] for row in connection]
                results.append({"columns": [column[0] for column in header], "rows": rows})
            if not connection.nextresult():
                break
    except _mssql.MSSQLDatabaseException as error:
        numbered = next(message for message in messages if message[2].encode() in error.text)
        numbered[0] = error.number
    return {"results": results, "messages": messages}


main()
