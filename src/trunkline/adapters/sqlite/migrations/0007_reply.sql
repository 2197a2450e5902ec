-- What the caller of a request is told: trunkline.delivery.ledger.StoredReply. at is in microseconds since the
-- epoch, sealed is the reply, bound to its flow and event, and name is a fingerprint by the store's key. Of two
-- replies to one event the first stays.
CREATE TABLE reply (
    flow   INTEGER NOT NULL REFERENCES flow (id),
    event  INTEGER NOT NULL,
    name   BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    sealed BLOB    NOT NULL,
    UNIQUE (flow, event)
) STRICT;

CREATE INDEX reply_name ON reply (flow, name, event);
CREATE INDEX reply_at ON reply (at);
