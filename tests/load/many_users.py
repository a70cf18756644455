"""Adds users to a migrated database until it has as many as asked.

    many_users.py FILE|URL COUNT

FILE is SQLite's, URL is postgres://... (needs psql). The users are in the shape of FreeSWITCH's own
1000 to 1019: an id, a second number, a mailbox, two parameters and the variables of a phone. Nobody knows a password for
them.
"""

import hashlib
import json
import sqlite3
import subprocess
import sys

DOMAIN = "pbx.example.test"
COLUMNS = "domain_id, name, number_alias, secrets, voicemail_hash, params, variables"


def digest(algorithm, *words):
    return hashlib.new(algorithm, ":".join(words).encode()).hexdigest()


def row(domain, n):
    user, alias = f"2{n:07}", f"5552{n:07}"
    secrets = [
        {"username": name, "realm": DOMAIN, "algorithm": word, "ha1": digest(algorithm, name, DOMAIN, user)}
        for name in (user, alias)
        for word, algorithm in (("MD5", "md5"), ("SHA-256", "sha256"))
    ]
    variables = {
        "toll_allow": "domestic,international,local",
        "accountcode": user,
        "user_context": "default",
        "effective_caller_id_name": f"Extension {user}",
        "effective_caller_id_number": user,
        "outbound_caller_id_name": "$${outbound_caller_name}",
        "outbound_caller_id_number": "$${outbound_caller_id}",
        "callgroup": "techsupport",
    }
    params = {"vm-mailto": f"{user}@{DOMAIN}", "vm-email-all-messages": "true"}
    params = [{"name": name, "text": text} for name, text in params.items()]
    variables = [{"name": name, "text": text} for name, text in variables.items()]
    for variable in variables:
        if "$${" in variable["text"]:
            variable["level"] = "global"
    compact = {"separators": (",", ":")}
    pin = digest("md5", user, DOMAIN, "pin")
    return domain, user, alias, json.dumps(secrets, **compact), pin, json.dumps(params, **compact), json.dumps(variables, **compact)


def fill(query, add, wanted):
    """Through one way to read a number, and one to add rows."""
    query(f"INSERT INTO domains (name) SELECT '{DOMAIN}' WHERE NOT EXISTS (SELECT 1 FROM domains)")
    for name in ("outbound_caller_name", "outbound_caller_id"):
        query(
            f"INSERT INTO globals (name, value) SELECT '{name}', '5550100'"
            f" WHERE NOT EXISTS (SELECT 1 FROM globals WHERE name = '{name}')"
        )
    domain = query(f"SELECT id FROM domains WHERE name = '{DOMAIN}'")
    missing = wanted - query("SELECT count(*) FROM users")
    first = query("SELECT count(*) FROM users WHERE number_alias LIKE '5552%'")
    add(row(domain, n) for n in range(first, first + missing))


def sqlite(path, wanted):
    db = sqlite3.connect(path)

    def query(sql):
        return (db.execute(sql).fetchone() or [None])[0]

    marks = ", ".join("?" * len(COLUMNS.split()))
    fill(query, lambda rows: db.executemany(f"INSERT INTO users ({COLUMNS}) VALUES ({marks})", rows), wanted)
    db.commit()


def postgres(url, wanted):
    psql = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", url, "-c"]

    def query(sql):
        told = subprocess.run([*psql, sql], check=True, stdout=subprocess.PIPE, text=True).stdout
        return int(told) if told.strip() else None

    def add(rows):
        copy = subprocess.Popen([*psql, f"COPY users ({COLUMNS}) FROM STDIN"], stdin=subprocess.PIPE, text=True)
        for found in rows:
            copy.stdin.write("\t".join(map(str, found)) + "\n")
        copy.stdin.close()
        if copy.wait():
            sys.exit("psql could not add the users")

    fill(query, add, wanted)


if __name__ == "__main__":
    target, wanted = sys.argv[1], int(sys.argv[2])
    (postgres if "://" in target else sqlite)(target, wanted)
