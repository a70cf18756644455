"""Adds users to the demo's database until it has as many as asked."""

import json
import sqlite3
import sys

path, wanted = sys.argv[1], int(sys.argv[2])
db = sqlite3.connect(path)
domain, params, variables, secrets = db.execute(
    "SELECT domain_id, params, variables, secrets FROM users WHERE name = '1000'"
).fetchone()
have = db.execute("SELECT count(*) FROM users").fetchone()[0]


def secrets_of(user):
    """The shape of a real user's secrets; nobody knows a password for them."""
    made = json.loads(secrets)
    for secret in made:
        secret["username"] = secret["username"].replace("1000", user)
    return json.dumps(made)


rows = (
    (domain, f"2{n:07}", f"5552{n:07}", secrets_of(f"2{n:07}"), params, variables)
    for n in range(wanted - have)
)
db.executemany(
    "INSERT INTO users (domain_id, name, number_alias, secrets, params, variables)"
    " VALUES (?, ?, ?, ?, ?, ?)",
    rows,
)
db.commit()
