/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

/* STEPS[n] takes a file from user_version n to n + 1. What was released is never changed. */
static const char *const STEPS[SCHEMA_VERSION] = {
    "CREATE TABLE client ("
    "  id TEXT NOT NULL PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  scope TEXT NOT NULL,"
    "  secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),"
    "  created INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE signing_key ("
    "  number INTEGER PRIMARY KEY,"
    "  kid TEXT NOT NULL UNIQUE,"
    "  alg TEXT NOT NULL,"
    "  jwk TEXT NOT NULL,"
    "  created INTEGER NOT NULL"
    ") STRICT;",

    "CREATE TABLE user ("
    "  name TEXT NOT NULL PRIMARY KEY,"
    "  scope TEXT NOT NULL,"
    "  password TEXT NOT NULL,"
    "  realm TEXT NOT NULL,"
    "  ha1_md5 TEXT NOT NULL,"
    "  ha1_sha256 TEXT NOT NULL,"
    "  ha1_sha512_256 TEXT NOT NULL,"
    "  created INTEGER NOT NULL,"
    "  changed INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE apikey ("
    "  id TEXT NOT NULL PRIMARY KEY,"
    "  name BLOB NOT NULL CHECK (length(name) = 32),"
    "  owner TEXT NOT NULL,"
    "  scope TEXT NOT NULL,"
    "  created INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL,"
    "  revoked INTEGER NOT NULL,"
    "  used INTEGER NOT NULL,"
    "  successor TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX apikey_by_owner ON apikey (owner, created, id);"
    "CREATE TABLE session ("
    "  id TEXT NOT NULL PRIMARY KEY,"
    "  name BLOB NOT NULL UNIQUE CHECK (length(name) = 32),"
    "  user TEXT NOT NULL,"
    "  scope TEXT NOT NULL,"
    "  created INTEGER NOT NULL,"
    "  used INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL,"
    "  ended INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX session_by_user ON session (user, created, id);"
    "CREATE INDEX session_by_end ON session (expires);"
    "CREATE TABLE revocation ("
    "  kind INTEGER NOT NULL,"
    "  issuer TEXT NOT NULL,"
    "  value TEXT NOT NULL,"
    "  before INTEGER NOT NULL,"
    "  until INTEGER NOT NULL,"
    "  PRIMARY KEY (kind, issuer, value)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX revocation_by_end ON revocation (until);",

    "ALTER TABLE user ADD COLUMN userhash_sha256 BLOB;"
    "ALTER TABLE user ADD COLUMN userhash_sha512_256 BLOB;"
    "UPDATE user SET userhash_sha256 = userhash(1, name, realm),"
    "  userhash_sha512_256 = userhash(2, name, realm);"
    "CREATE INDEX user_by_sha256 ON user (userhash_sha256);"
    "CREATE INDEX user_by_sha512_256 ON user (userhash_sha512_256);",
};

const char *schema_step(int version)
{
    return STEPS[version];
}
