-- Which entities are one thing: trunkline.observe.census. Only hashes, keyed with the store's key, and no values.

-- rules: a print of what is matched by, empty while the rest of it is forgotten. next: the offset to count on from.
CREATE TABLE census_stream (
    id         INTEGER PRIMARY KEY,
    stream     TEXT    NOT NULL UNIQUE,
    rules      BLOB    NOT NULL,
    next       INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    entities   INTEGER NOT NULL,
    duplicates INTEGER NOT NULL
) STRICT;

CREATE TABLE census_key (
    stream INTEGER NOT NULL,
    entity BLOB    NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (stream, entity)
) STRICT, WITHOUT ROWID;

-- number: grows with the first event of an entity. newest: the offset of its latest. matches: 17 bytes each.
CREATE TABLE census_entity (
    number  INTEGER PRIMARY KEY,
    newest  INTEGER NOT NULL,
    matches BLOB    NOT NULL
) STRICT;

-- match: the number of the group, one byte, and the hash of its values.
CREATE TABLE census_match (
    stream INTEGER NOT NULL,
    match  BLOB    NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (stream, match, number)
) STRICT, WITHOUT ROWID;
