// The tables of the projection: what questions are asked of. Tables whose names begin with `_` are its own.
//
// Times are milliseconds since 1970; data is JSON as the HTTP API gives it.

/** Of the tables. A projection of another version is made anew. */
export const SCHEMA_VERSION = 1;

export const SCHEMA = `
CREATE TABLE _progress (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL,
  cluster TEXT NOT NULL,
  cursor TEXT,
  caught_up INTEGER NOT NULL,
  records INTEGER NOT NULL,
  last_at INTEGER
) STRICT;

CREATE TABLE actors (
  actor TEXT PRIMARY KEY,
  lifecycle TEXT NOT NULL,
  module TEXT NOT NULL,
  word TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  spawned_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE records (
  actor TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  term INTEGER NOT NULL,
  origin TEXT,
  message TEXT,
  changed TEXT,
  removed TEXT,
  reply TEXT,
  PRIMARY KEY (actor, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  actor TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (actor, sequence, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE state (
  actor TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  state TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letters (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  sender TEXT NOT NULL,
  receiver TEXT NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  kind TEXT NOT NULL,
  message TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE tasks (
  queue TEXT NOT NULL,
  number INTEGER NOT NULL,
  status TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  at INTEGER NOT NULL,
  until_at INTEGER,
  worker TEXT,
  reason TEXT,
  sender TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (queue, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE timers (
  actor TEXT NOT NULL,
  id TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  receiver TEXT NOT NULL,
  message TEXT NOT NULL,
  period_ms INTEGER,
  PRIMARY KEY (actor, id)
) STRICT, WITHOUT ROWID;

CREATE VIEW lag AS SELECT
  caught_up, records, last_at,
  CASE WHEN caught_up THEN 0 ELSE max(0, unixepoch('subsec') * 1000 - coalesce(last_at, 0)) END AS behind_ms
  FROM _progress;
`;
