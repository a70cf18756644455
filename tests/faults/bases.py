"""Databases of one test: each with users whose answers are known, read past the service."""

import json
import os
import sqlite3
import subprocess
from collections import namedtuple
from contextlib import closing

import many_users
from jackfield import environment, find_program
from postgres import psql

# What a test looks at: the hash of the PIN, and a variable.
Stored = namedtuple("Stored", "pin mark")


class Base:
    """A migrated database with so many users; `kind` is the word for it in messages."""

    def migrate(self, users):
        command = [str(find_program()), "migrate"]
        # In no folder of a service: there is none to be told yet.
        env = environment({"DATABASE_URL": self.url, "STATE_DIR": "/nonexistent"})
        subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        self.fill(users)

    def users(self):
        """All users, by id."""
        rows = self.rows("SELECT name, coalesce(voicemail_hash, ''), variables FROM users")
        return {name: Stored(pin, mark(variables)) for name, pin, variables in rows}


def mark(variables):
    """The variable that writers set, of a user's."""
    found = [variable["text"] for variable in json.loads(variables) if variable["name"] == "mark"]
    return int(found[0]) if found else None


class Sqlite(Base):
    """In a file of a folder."""

    kind = "SQLite"

    def __init__(self, folder, users):
        self.file = folder / "jackfield.db"
        self.url = f"sqlite:{self.file}"
        self.migrate(users)
        os.chmod(self.file, 0o600)

    def fill(self, users):
        many_users.sqlite(str(self.file), users)

    def rows(self, sql):
        with closing(sqlite3.connect(self.file, timeout=10)) as database, database:
            return database.execute(sql).fetchall()

    def check(self):
        """What is wrong in the file, or nothing."""
        found = [row[0] for row in self.rows("PRAGMA integrity_check")]
        return "" if found == ["ok"] else "\n".join(found)


class Postgresql(Base):
    """A database of a server; `port` is that of a proxy before it."""

    kind = "PostgreSQL"

    def __init__(self, server, name, users):
        self.server, self.name = server, name
        server.make(name)
        self.url = server.url(name)
        self.migrate(users)

    def fill(self, users):
        many_users.postgres(self.url, users)

    def through(self, port):
        """Its URL for somebody who goes through a proxy."""
        return self.server.url(self.name, port)

    def rows(self, sql):
        return [line.split("\t") for line in psql(self.url, sql).stdout.splitlines()]

    def check(self):
        return self.server.check(self.name)
