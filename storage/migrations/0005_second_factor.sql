-- Second factors, and what a person needs to recognise a session as their own or as a stranger's.

ALTER TABLE session ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN previous_hash BLOB;
ALTER TABLE session ADD COLUMN retry_hash BLOB;
UPDATE session SET used_at = created_at;

CREATE TABLE second_factor (
  person INTEGER PRIMARY KEY REFERENCES person ON DELETE CASCADE,
  secret BLOB NOT NULL,
  confirmed_at INTEGER, -- NULL: shown to the person, who has not answered with a code yet
  last_step INTEGER NOT NULL -- of the newest code that was taken (RFC 6238, 5.2)
) STRICT;

CREATE TABLE recovery_code (
  person INTEGER NOT NULL REFERENCES second_factor ON DELETE CASCADE,
  digest BLOB NOT NULL,
  PRIMARY KEY (person, digest)
) STRICT, WITHOUT ROWID;

-- From where somebody has signed in before: there nobody else's guessing slows them down.
CREATE TABLE known_place (
  person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
  place TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (person, place)
) STRICT, WITHOUT ROWID;
