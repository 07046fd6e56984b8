-- The audit log: a chain for each municipality, and municipality 0 for what belongs to none.
-- Nothing ever changes or deletes a line; who takes the triggers away is found out by the chain.

CREATE TABLE audit (
  municipality INTEGER NOT NULL,
  number INTEGER NOT NULL, -- 1, 2, 3 … without gaps within the chain
  at INTEGER NOT NULL,
  who_kind TEXT NOT NULL,
  who INTEGER NOT NULL,
  who_name TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  kind TEXT NOT NULL,
  thing TEXT NOT NULL,
  thing_name TEXT NOT NULL,
  outcome TEXT NOT NULL,
  details TEXT NOT NULL, -- JSON, hashed as it is
  previous BLOB NOT NULL, -- the hash of the line before
  hash BLOB NOT NULL, -- SHA-256
  signature BLOB NOT NULL, -- Ed25519 over the hash
  PRIMARY KEY (municipality, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_by_time ON audit (municipality, at);

CREATE TRIGGER audit_stays_as_it_is BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'a line of the audit log is never changed');
END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN
  SELECT RAISE(ABORT, 'a line of the audit log is never deleted');
END;
