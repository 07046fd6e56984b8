-- What was answered to requests that came with an Idempotency-Key, for those that come again.

CREATE TABLE answer (
  actor INTEGER NOT NULL, -- a person or an API token
  municipality INTEGER NOT NULL, -- 0: none was named
  key_hash BLOB NOT NULL,
  fingerprint BLOB NOT NULL, -- of the request, keyed with its Idempotency-Key
  answer BLOB, -- encrypted under that key, which is kept nowhere; NULL until it was given
  at INTEGER NOT NULL,
  PRIMARY KEY (actor, municipality, key_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_by_age ON answer (at);
