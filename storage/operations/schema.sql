-- The whole schema, as all migrations together make it: a test compares the two. Made by hand, to
-- be read; the migrations make the databases. SpatiaLite adds tables of its own.

CREATE TABLE migration (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT;

-- Times are microseconds UTC, values are SI, ids are random 48-bit integers.
-- Every row but the common ones names its municipality, and every index begins with it.

CREATE TABLE municipality (
  id INTEGER PRIMARY KEY CHECK (id > 0),
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  time_zone TEXT NOT NULL,
  demo INTEGER NOT NULL CHECK (demo IN (0, 1)),
  lateness INTEGER NOT NULL,
  require_whitelist INTEGER NOT NULL CHECK (require_whitelist IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;

-- People, programs, sessions ------------------------------------------------------------------

CREATE TABLE person (
  id INTEGER PRIMARY KEY,
  municipality INTEGER REFERENCES municipality,
  username TEXT NOT NULL,
  username_key TEXT NOT NULL UNIQUE, -- case folded
  email TEXT NOT NULL,
  full_name TEXT NOT NULL,
  role TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  stamp INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX person_by_name ON person (municipality, username_key);

CREATE TABLE session (
  id INTEGER PRIMARY KEY,
  person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
  refresh_hash BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_by_person ON session (person);
CREATE INDEX session_by_end ON session (expires_at);

CREATE TABLE api_token (
  id INTEGER PRIMARY KEY,
  municipality INTEGER NOT NULL REFERENCES municipality,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  token_hash BLOB NOT NULL UNIQUE,
  created_by INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER
) STRICT;
CREATE INDEX api_token_by_name ON api_token (municipality, name);

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE preference (
  municipality INTEGER NOT NULL REFERENCES municipality,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (municipality, kind, key)
) STRICT, WITHOUT ROWID;

-- The network. SpatiaLite's column types and STRICT exclude one another. ------------------------

SELECT InitSpatialMetaData(0, 'NONE');
SELECT InsertEpsgSrid(4326);
DROP TABLE IF EXISTS knn; -- crashes the process in 5.0.1, see storage/sqlite.py
DROP TABLE IF EXISTS knn2;

CREATE TABLE node (
  id INTEGER PRIMARY KEY,
  municipality INTEGER NOT NULL REFERENCES municipality,
  code TEXT NOT NULL,
  kind TEXT NOT NULL,
  elevation_m REAL,
  UNIQUE (municipality, code)
);
SELECT AddGeometryColumn('node', 'place', 4326, 'POINT', 'XY', 1);
SELECT CreateSpatialIndex('node', 'place');

CREATE TABLE link (
  id INTEGER PRIMARY KEY,
  municipality INTEGER NOT NULL REFERENCES municipality,
  code TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT,
  start_node TEXT,
  end_node TEXT,
  length_m REAL,
  diameter_m REAL,
  roughness REAL,
  material TEXT,
  status TEXT NOT NULL,
  UNIQUE (municipality, code),
  UNIQUE (municipality, id)
);
SELECT AddGeometryColumn('link', 'path', 4326, 'LINESTRING', 'XY', 1);
SELECT CreateSpatialIndex('link', 'path');

CREATE TABLE sensor_type (
  id INTEGER PRIMARY KEY,
  municipality INTEGER REFERENCES municipality, -- NULL: common to all
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  quantity TEXT NOT NULL,
  unit TEXT NOT NULL,
  plausible_low REAL,
  plausible_high REAL,
  operating_low REAL,
  operating_high REAL
) STRICT;
CREATE UNIQUE INDEX sensor_type_by_code ON sensor_type (coalesce(municipality, 0), code);

CREATE TABLE sensor (
  id INTEGER PRIMARY KEY,
  municipality INTEGER NOT NULL REFERENCES municipality,
  device_id TEXT NOT NULL,
  name TEXT NOT NULL,
  search_key TEXT NOT NULL, -- name and device id, case folded
  type INTEGER NOT NULL REFERENCES sensor_type,
  unit TEXT NOT NULL,
  status TEXT NOT NULL,
  whitelisted INTEGER NOT NULL CHECK (whitelisted IN (0, 1)),
  protocol TEXT NOT NULL,
  pipeline INTEGER,
  operating_low REAL,
  operating_high REAL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (municipality, device_id),
  FOREIGN KEY (municipality, pipeline) REFERENCES link (municipality, id)
);
SELECT AddGeometryColumn('sensor', 'place', 4326, 'POINT', 'XY');
SELECT CreateSpatialIndex('sensor', 'place');
CREATE INDEX sensor_by_name ON sensor (municipality, search_key);
CREATE INDEX sensor_by_pipeline ON sensor (municipality, pipeline);

-- SpatiaLite's triggers call its own functions, which `trusted_schema = OFF` forbids. The spatial
-- index is kept by the statements in geometry.py instead, except for deletions (gid_…), which can.
DROP TRIGGER ggi_node_place;
DROP TRIGGER ggu_node_place;
DROP TRIGGER gii_node_place;
DROP TRIGGER giu_node_place;
DROP TRIGGER tmi_node_place;
DROP TRIGGER tmu_node_place;
DROP TRIGGER tmd_node_place;
DROP TRIGGER ggi_link_path;
DROP TRIGGER ggu_link_path;
DROP TRIGGER gii_link_path;
DROP TRIGGER giu_link_path;
DROP TRIGGER tmi_link_path;
DROP TRIGGER tmu_link_path;
DROP TRIGGER tmd_link_path;
DROP TRIGGER ggi_sensor_place;
DROP TRIGGER ggu_sensor_place;
DROP TRIGGER gii_sensor_place;
DROP TRIGGER giu_sensor_place;
DROP TRIGGER tmi_sensor_place;
DROP TRIGGER tmu_sensor_place;
DROP TRIGGER tmd_sensor_place;

CREATE TABLE device_key (
  sensor INTEGER NOT NULL REFERENCES sensor ON DELETE CASCADE,
  digest BLOB NOT NULL,
  until INTEGER, -- set for the old key during a rotation
  PRIMARY KEY (sensor, digest)
) STRICT, WITHOUT ROWID;

-- Rules, alerts, incidents. Alerts outlive their rules and sensors, so these are not references. -

CREATE TABLE rule (
  id INTEGER PRIMARY KEY,
  municipality INTEGER NOT NULL REFERENCES municipality,
  name TEXT NOT NULL,
  sensor INTEGER,
  sensor_type TEXT,
  condition TEXT NOT NULL, -- JSON, told apart by its "type"
  severity TEXT NOT NULL,
  alert_type TEXT NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  resolve_when_cleared INTEGER NOT NULL CHECK (resolve_when_cleared IN (0, 1)),
  built_in INTEGER NOT NULL CHECK (built_in IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX rule_by_name ON rule (municipality, name);

CREATE TABLE alert (
  id INTEGER PRIMARY KEY,
  municipality INTEGER NOT NULL REFERENCES municipality,
  rule INTEGER,
  sensor INTEGER,
  pipeline INTEGER,
  longitude REAL,
  latitude REAL,
  alert_type TEXT NOT NULL,
  severity TEXT NOT NULL,
  status TEXT NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  evidence TEXT NOT NULL, -- JSON
  condition_active INTEGER NOT NULL CHECK (condition_active IN (0, 1)),
  occurrences INTEGER NOT NULL,
  raised_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  acknowledged_at INTEGER,
  acknowledged_by INTEGER,
  resolved_at INTEGER,
  closed_at INTEGER,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_by_time ON alert (municipality, created_at);
CREATE INDEX alert_by_cause ON alert (municipality, rule, sensor, created_at);
CREATE INDEX alert_by_status ON alert (municipality, status, severity);

CREATE TABLE alert_change (
  alert INTEGER NOT NULL REFERENCES alert,
  number INTEGER NOT NULL,
  municipality INTEGER NOT NULL REFERENCES municipality,
  kind TEXT NOT NULL,
  before TEXT,
  after TEXT NOT NULL,
  at INTEGER NOT NULL,
  by INTEGER, -- NULL: Weir itself
  note TEXT NOT NULL,
  evidence TEXT, -- JSON
  PRIMARY KEY (alert, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE incident (
  id INTEGER PRIMARY KEY,
  municipality INTEGER NOT NULL REFERENCES municipality,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  incident_type TEXT NOT NULL,
  severity TEXT NOT NULL,
  status TEXT NOT NULL,
  notes TEXT NOT NULL,
  alert INTEGER,
  sensor INTEGER,
  longitude REAL,
  latitude REAL,
  reported_by INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  resolved_at INTEGER,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX incident_by_time ON incident (municipality, created_at);
CREATE INDEX incident_by_reporter ON incident (municipality, reported_by, created_at);

CREATE TABLE maintenance (
  id INTEGER PRIMARY KEY,
  municipality INTEGER NOT NULL REFERENCES municipality,
  alert INTEGER,
  incident INTEGER,
  sensor INTEGER,
  pipeline INTEGER,
  asset INTEGER, -- a link or a node; a link stands in pipeline too
  status TEXT NOT NULL,
  work TEXT NOT NULL,
  notes TEXT NOT NULL,
  planned_for INTEGER,
  due_at INTEGER,
  assigned_to INTEGER,
  out_from INTEGER, -- the sensor is out of service out_from <= t < out_until
  out_until INTEGER,
  status_before TEXT, -- of the sensor, while this entry keeps it out of service
  repeat_days INTEGER,
  done_at INTEGER,
  by INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX maintenance_by_time ON maintenance
  (municipality, coalesce(done_at, due_at, planned_for, created_at));
CREATE INDEX maintenance_by_window ON maintenance (municipality, out_until)
  WHERE out_until IS NOT NULL;

-- Telling people ---------------------------------------------------------------------------------

CREATE TABLE channel (
  id INTEGER PRIMARY KEY,
  municipality INTEGER NOT NULL REFERENCES municipality,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  secret TEXT NOT NULL,
  least_severity TEXT NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX channel_by_name ON channel (municipality, name);

CREATE TABLE delivery (
  key TEXT PRIMARY KEY, -- alert:change:channel
  municipality INTEGER NOT NULL REFERENCES municipality,
  channel INTEGER NOT NULL,
  alert INTEGER NOT NULL,
  change_number INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  leased_until INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  sent_at INTEGER,
  last_problem TEXT NOT NULL,
  FOREIGN KEY (alert, change_number) REFERENCES alert_change
) STRICT;
CREATE INDEX delivery_by_time ON delivery (municipality, created_at);
CREATE INDEX delivery_waiting ON delivery (due_at) WHERE state = 'waiting';
CREATE INDEX delivery_by_change ON delivery (alert, change_number);

CREATE TABLE event (
  municipality INTEGER NOT NULL REFERENCES municipality,
  number INTEGER NOT NULL, -- 1, 2, 3 … without gaps within the municipality
  type TEXT NOT NULL,
  data TEXT NOT NULL, -- JSON
  sequence INTEGER NOT NULL,
  PRIMARY KEY (municipality, number)
) STRICT, WITHOUT ROWID;

-- Views of the journal. Municipality 0 is nobody's, and has no row of its own. -----------------

CREATE TABLE ledger (
  municipality INTEGER NOT NULL,
  minute INTEGER NOT NULL,
  door TEXT NOT NULL,
  outcome TEXT NOT NULL, -- stored, duplicate, late, quarantined or rejected
  reason TEXT NOT NULL, -- of a rejection, else empty
  readings INTEGER NOT NULL,
  PRIMARY KEY (municipality, minute, door, outcome, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE rejection (
  id INTEGER PRIMARY KEY, -- in the order in which they came
  municipality INTEGER NOT NULL,
  device_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  door TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  excerpt TEXT NOT NULL
) STRICT;
CREATE INDEX rejection_by_device ON rejection (municipality, device_id, id);
CREATE INDEX rejection_by_age ON rejection (municipality, id);

CREATE TABLE anomaly (
  municipality INTEGER NOT NULL REFERENCES municipality,
  sensor INTEGER NOT NULL,
  time INTEGER NOT NULL,
  method TEXT NOT NULL,
  score REAL NOT NULL,
  evidence TEXT NOT NULL, -- JSON
  PRIMARY KEY (municipality, sensor, time, method)
) STRICT, WITHOUT ROWID;

-- The watch: what detection knows, and how far it has come ---------------------------------------

CREATE TABLE watch_mark (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  sequence INTEGER NOT NULL,
  watched_until INTEGER NOT NULL,
  snapshot INTEGER NOT NULL,
  snapshot_until INTEGER NOT NULL
) STRICT;
INSERT INTO watch_mark VALUES (1, 0, 0, 0, 0);

CREATE TABLE watch_state (
  name TEXT PRIMARY KEY,
  state BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE contact (
  sensor INTEGER PRIMARY KEY,
  time INTEGER,
  value_si REAL,
  arrived INTEGER,
  battery_percent REAL,
  signal_dbm REAL,
  usual_interval INTEGER
) STRICT;

CREATE TABLE pass (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  times TEXT NOT NULL -- JSON: step → instant
) STRICT;
CREATE INDEX pass_by_batch ON pass (last);

CREATE TABLE gap (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  stopped INTEGER NOT NULL,
  resumed INTEGER NOT NULL
) STRICT;

-- A number that grows with each change to what is set up, so that whoever keeps that in memory
-- (admission, detection) need not read it all again because a reading was counted somewhere.

CREATE TABLE setup_edition (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  number INTEGER NOT NULL
) STRICT;
INSERT INTO setup_edition VALUES (1, 1);

CREATE TRIGGER municipality_added AFTER INSERT ON municipality BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER municipality_changed AFTER UPDATE ON municipality BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER municipality_removed AFTER DELETE ON municipality BEGIN
  UPDATE setup_edition SET number = number + 1;
END;

CREATE TRIGGER person_added AFTER INSERT ON person BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER person_changed AFTER UPDATE ON person BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER person_removed AFTER DELETE ON person BEGIN
  UPDATE setup_edition SET number = number + 1;
END;

CREATE TRIGGER api_token_added AFTER INSERT ON api_token BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER api_token_changed AFTER UPDATE ON api_token BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER api_token_removed AFTER DELETE ON api_token BEGIN
  UPDATE setup_edition SET number = number + 1;
END;

CREATE TRIGGER sensor_type_added AFTER INSERT ON sensor_type BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER sensor_type_changed AFTER UPDATE ON sensor_type BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER sensor_type_removed AFTER DELETE ON sensor_type BEGIN
  UPDATE setup_edition SET number = number + 1;
END;

CREATE TRIGGER sensor_added AFTER INSERT ON sensor BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER sensor_changed AFTER UPDATE ON sensor BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER sensor_removed AFTER DELETE ON sensor BEGIN
  UPDATE setup_edition SET number = number + 1;
END;

CREATE TRIGGER device_key_added AFTER INSERT ON device_key BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER device_key_changed AFTER UPDATE ON device_key BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER device_key_removed AFTER DELETE ON device_key BEGIN
  UPDATE setup_edition SET number = number + 1;
END;

CREATE TRIGGER rule_added AFTER INSERT ON rule BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER rule_changed AFTER UPDATE ON rule BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER rule_removed AFTER DELETE ON rule BEGIN
  UPDATE setup_edition SET number = number + 1;
END;

CREATE TRIGGER channel_added AFTER INSERT ON channel BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER channel_changed AFTER UPDATE ON channel BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER channel_removed AFTER DELETE ON channel BEGIN
  UPDATE setup_edition SET number = number + 1;
END;

-- The device that reports for this one besides itself: a device id of the same municipality.
ALTER TABLE sensor ADD COLUMN gateway TEXT;

-- What people know of assets besides what a network file says.
ALTER TABLE node ADD COLUMN name TEXT;
ALTER TABLE node ADD COLUMN status TEXT NOT NULL DEFAULT 'open';
ALTER TABLE node ADD COLUMN material TEXT;
ALTER TABLE node ADD COLUMN installed_on TEXT; -- ISO 8601 date
ALTER TABLE node ADD COLUMN details TEXT NOT NULL DEFAULT '{}'; -- JSON, by domain/assets.py
ALTER TABLE node ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}'; -- JSON, the utility's own
ALTER TABLE link ADD COLUMN installed_on TEXT;
ALTER TABLE link ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
ALTER TABLE link ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';
CREATE INDEX link_by_start ON link (municipality, start_node);
CREATE INDEX link_by_end ON link (municipality, end_node);

-- Until when an alert is shelved (ISA-18.2); NULL: it is not.
ALTER TABLE alert ADD COLUMN shelved_until INTEGER;
CREATE INDEX alert_shelved ON alert (municipality, shelved_until) WHERE shelved_until IS NOT NULL;

-- What happened to an incident, which alerts belong to it, and its files (kept beside this database).
ALTER TABLE incident ADD COLUMN assigned_to INTEGER;
CREATE TABLE incident_entry (
  incident INTEGER NOT NULL REFERENCES incident ON DELETE CASCADE,
  number INTEGER NOT NULL,
  municipality INTEGER NOT NULL REFERENCES municipality,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  by INTEGER, -- NULL: Weir itself
  note TEXT NOT NULL,
  before TEXT,
  after TEXT,
  alert INTEGER,
  attachment INTEGER,
  PRIMARY KEY (incident, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE incident_alert (
  incident INTEGER NOT NULL REFERENCES incident ON DELETE CASCADE,
  alert INTEGER NOT NULL,
  municipality INTEGER NOT NULL REFERENCES municipality,
  PRIMARY KEY (incident, alert)
) STRICT, WITHOUT ROWID;
CREATE TABLE attachment (
  id INTEGER PRIMARY KEY,
  municipality INTEGER NOT NULL REFERENCES municipality,
  incident INTEGER NOT NULL REFERENCES incident,
  file TEXT NOT NULL UNIQUE, -- its random name on the disk
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  width INTEGER,
  height INTEGER,
  longitude REAL, -- where the camera says it was taken
  latitude REAL,
  added_by INTEGER NOT NULL,
  added_at INTEGER NOT NULL
) STRICT;
CREATE INDEX attachment_by_incident ON attachment (municipality, incident);

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

-- Second factors, and what a person needs to recognise a session as their own or as a stranger's.

ALTER TABLE session ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN previous_hash BLOB;
ALTER TABLE session ADD COLUMN retry_hash BLOB;

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

-- Roles that a municipality makes of permissions; zones of its network, and who and what is in them.

CREATE TABLE role (
  id INTEGER PRIMARY KEY,
  municipality INTEGER NOT NULL REFERENCES municipality,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL, -- case folded
  description TEXT NOT NULL,
  permissions TEXT NOT NULL, -- JSON: names, by domain/access.py
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (municipality, name_key)
) STRICT;

ALTER TABLE person ADD COLUMN custom_role INTEGER REFERENCES role;
ALTER TABLE person ADD COLUMN zones TEXT; -- JSON: ids; NULL: limited to none of them
CREATE INDEX person_by_role ON person (custom_role) WHERE custom_role IS NOT NULL;

ALTER TABLE api_token ADD COLUMN scopes TEXT; -- JSON: names of permissions; NULL: those of the role
ALTER TABLE api_token ADD COLUMN zones TEXT; -- as a person's

-- When a token was last used; a table of its own, since a use changes nothing that is set up.
CREATE TABLE token_use (
  token INTEGER PRIMARY KEY REFERENCES api_token ON DELETE CASCADE,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE zone (
  id INTEGER PRIMARY KEY,
  municipality INTEGER NOT NULL REFERENCES municipality,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL, -- case folded
  kind TEXT NOT NULL,
  area BLOB NOT NULL, -- a MultiPolygon as SpatiaLite keeps one, WGS 84
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (municipality, name_key)
) STRICT;

-- What lies in which zone: by geometry, but where a person has said otherwise.
CREATE TABLE zone_member (
  zone INTEGER NOT NULL REFERENCES zone ON DELETE CASCADE,
  kind TEXT NOT NULL, -- sensor, link, node or incident
  thing INTEGER NOT NULL,
  PRIMARY KEY (zone, kind, thing)
) STRICT, WITHOUT ROWID;
CREATE INDEX zone_member_by_thing ON zone_member (kind, thing);
CREATE TABLE zone_override (
  zone INTEGER NOT NULL REFERENCES zone ON DELETE CASCADE,
  kind TEXT NOT NULL,
  thing INTEGER NOT NULL,
  inside INTEGER NOT NULL CHECK (inside IN (0, 1)),
  PRIMARY KEY (zone, kind, thing)
) STRICT, WITHOUT ROWID;

-- What was moved or added, by whatever statement: storage/operations/zones.py finds its zones before
-- the transaction is committed. (A trigger may not: it must not call SpatiaLite's functions.)
CREATE TABLE zone_stale (
  kind TEXT NOT NULL,
  thing INTEGER NOT NULL,
  PRIMARY KEY (kind, thing)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER sensor_placed AFTER INSERT ON sensor
  WHEN EXISTS (SELECT 1 FROM zone WHERE municipality = NEW.municipality) BEGIN
  INSERT INTO zone_stale VALUES ('sensor', NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER sensor_moved AFTER UPDATE OF place, pipeline ON sensor
  WHEN EXISTS (SELECT 1 FROM zone WHERE municipality = NEW.municipality) BEGIN
  INSERT INTO zone_stale VALUES ('sensor', NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER sensor_is_nowhere AFTER DELETE ON sensor BEGIN
  DELETE FROM zone_member WHERE kind = 'sensor' AND thing = OLD.id;
  DELETE FROM zone_override WHERE kind = 'sensor' AND thing = OLD.id;
  DELETE FROM zone_stale WHERE kind = 'sensor' AND thing = OLD.id;
END;

CREATE TRIGGER link_placed AFTER INSERT ON link
  WHEN EXISTS (SELECT 1 FROM zone WHERE municipality = NEW.municipality) BEGIN
  INSERT INTO zone_stale VALUES ('link', NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER link_moved AFTER UPDATE OF path ON link
  WHEN EXISTS (SELECT 1 FROM zone WHERE municipality = NEW.municipality) BEGIN
  INSERT INTO zone_stale VALUES ('link', NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER link_is_nowhere AFTER DELETE ON link BEGIN
  DELETE FROM zone_member WHERE kind = 'link' AND thing = OLD.id;
  DELETE FROM zone_override WHERE kind = 'link' AND thing = OLD.id;
  DELETE FROM zone_stale WHERE kind = 'link' AND thing = OLD.id;
END;

CREATE TRIGGER node_placed AFTER INSERT ON node
  WHEN EXISTS (SELECT 1 FROM zone WHERE municipality = NEW.municipality) BEGIN
  INSERT INTO zone_stale VALUES ('node', NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER node_moved AFTER UPDATE OF place ON node
  WHEN EXISTS (SELECT 1 FROM zone WHERE municipality = NEW.municipality) BEGIN
  INSERT INTO zone_stale VALUES ('node', NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER node_is_nowhere AFTER DELETE ON node BEGIN
  DELETE FROM zone_member WHERE kind = 'node' AND thing = OLD.id;
  DELETE FROM zone_override WHERE kind = 'node' AND thing = OLD.id;
  DELETE FROM zone_stale WHERE kind = 'node' AND thing = OLD.id;
END;

CREATE TRIGGER incident_placed AFTER INSERT ON incident
  WHEN EXISTS (SELECT 1 FROM zone WHERE municipality = NEW.municipality) BEGIN
  INSERT INTO zone_stale VALUES ('incident', NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER incident_moved AFTER UPDATE OF longitude, latitude ON incident
  WHEN EXISTS (SELECT 1 FROM zone WHERE municipality = NEW.municipality) BEGIN
  INSERT INTO zone_stale VALUES ('incident', NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER incident_is_nowhere AFTER DELETE ON incident BEGIN
  DELETE FROM zone_member WHERE kind = 'incident' AND thing = OLD.id;
  DELETE FROM zone_override WHERE kind = 'incident' AND thing = OLD.id;
  DELETE FROM zone_stale WHERE kind = 'incident' AND thing = OLD.id;
END;

CREATE TRIGGER role_added AFTER INSERT ON role BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER role_changed AFTER UPDATE ON role BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER role_removed AFTER DELETE ON role BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER zone_added AFTER INSERT ON zone BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER zone_changed AFTER UPDATE ON zone BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER zone_removed AFTER DELETE ON zone BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER zone_member_entered AFTER INSERT ON zone_member WHEN NEW.kind = 'sensor' BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER zone_member_left AFTER DELETE ON zone_member WHEN OLD.kind = 'sensor' BEGIN
  UPDATE setup_edition SET number = number + 1;
END;

-- Devices on their own networks ----------------------------------------------------------------

ALTER TABLE sensor ADD COLUMN hardware TEXT; -- eui:0004A30B001C0530, imei:490154203237518, tel:+4930123
ALTER TABLE sensor ADD COLUMN channel TEXT; -- which of the device's values; NULL: its only one
CREATE INDEX sensor_by_hardware ON sensor (municipality, hardware) WHERE hardware IS NOT NULL;

CREATE TABLE key_use (
  sensor INTEGER NOT NULL REFERENCES sensor ON DELETE CASCADE,
  digest BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (sensor, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE rate_limit (
  municipality INTEGER PRIMARY KEY REFERENCES municipality ON DELETE CASCADE,
  device_rate REAL NOT NULL, -- messages a second
  device_burst INTEGER NOT NULL,
  total_rate REAL NOT NULL,
  total_burst INTEGER NOT NULL
) STRICT;
CREATE TRIGGER rate_limit_added AFTER INSERT ON rate_limit BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER rate_limit_changed AFTER UPDATE ON rate_limit BEGIN
  UPDATE setup_edition SET number = number + 1;
END;
CREATE TRIGGER rate_limit_removed AFTER DELETE ON rate_limit BEGIN
  UPDATE setup_edition SET number = number + 1;
END;

-- Whoever's role, password or `enabled` changes has no session any more, whoever changed it.

CREATE TRIGGER person_stamped AFTER UPDATE OF stamp ON person WHEN NEW.stamp <> OLD.stamp BEGIN
  DELETE FROM session WHERE person = NEW.id;
END;

-- Webhooks ---------------------------------------------------------------------------------------

ALTER TABLE channel ADD COLUMN events TEXT NOT NULL DEFAULT ''; -- kinds of changes, with commas
ALTER TABLE channel ADD COLUMN failing_since INTEGER;
ALTER TABLE channel ADD COLUMN stopped TEXT NOT NULL DEFAULT '';
CREATE INDEX delivery_by_channel ON delivery (channel, created_at);

-- The map: what changes its tiles, what can be found by words, edits that can be undone, base maps -------

-- Another number after any change to what the map of a municipality shows; random, so that it is
-- another one too in a database that was put back from a backup.
CREATE TABLE map_edition (
  municipality INTEGER PRIMARY KEY REFERENCES municipality ON DELETE CASCADE,
  number INTEGER NOT NULL
) STRICT;
-- Of links, nodes and sensors, ever.
ALTER TABLE map_edition ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;
-- The newest changes of what is drawn as a link, node or sensor, so that who has read all reads only these.
CREATE TABLE map_change (
  municipality INTEGER NOT NULL REFERENCES municipality ON DELETE CASCADE,
  place INTEGER NOT NULL, -- its number, modulo 1024
  number INTEGER NOT NULL,
  kind TEXT NOT NULL, -- link, node or sensor
  id INTEGER NOT NULL,
  PRIMARY KEY (municipality, place)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER map_begun AFTER INSERT ON municipality BEGIN
  INSERT INTO map_edition VALUES (NEW.id, random() & 281474976710655, 0) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER link_drawn AFTER INSERT ON link BEGIN
  UPDATE map_edition SET number = random() & 281474976710655, changes = changes + 1
    WHERE municipality = NEW.municipality;
  INSERT INTO map_change SELECT municipality, changes & 1023, changes, 'link', NEW.id
    FROM map_edition WHERE municipality = NEW.municipality
    ON CONFLICT DO UPDATE SET number = excluded.number, kind = excluded.kind, id = excluded.id;
END;
CREATE TRIGGER link_redrawn AFTER UPDATE ON link BEGIN
  UPDATE map_edition SET number = random() & 281474976710655, changes = changes + 1
    WHERE municipality = NEW.municipality;
  INSERT INTO map_change SELECT municipality, changes & 1023, changes, 'link', NEW.id
    FROM map_edition WHERE municipality = NEW.municipality
    ON CONFLICT DO UPDATE SET number = excluded.number, kind = excluded.kind, id = excluded.id;
END;
CREATE TRIGGER link_erased AFTER DELETE ON link BEGIN
  UPDATE map_edition SET number = random() & 281474976710655, changes = changes + 1
    WHERE municipality = OLD.municipality;
  INSERT INTO map_change SELECT municipality, changes & 1023, changes, 'link', OLD.id
    FROM map_edition WHERE municipality = OLD.municipality
    ON CONFLICT DO UPDATE SET number = excluded.number, kind = excluded.kind, id = excluded.id;
END;
CREATE TRIGGER node_drawn AFTER INSERT ON node BEGIN
  UPDATE map_edition SET number = random() & 281474976710655, changes = changes + 1
    WHERE municipality = NEW.municipality;
  INSERT INTO map_change SELECT municipality, changes & 1023, changes, 'node', NEW.id
    FROM map_edition WHERE municipality = NEW.municipality
    ON CONFLICT DO UPDATE SET number = excluded.number, kind = excluded.kind, id = excluded.id;
END;
CREATE TRIGGER node_redrawn AFTER UPDATE ON node BEGIN
  UPDATE map_edition SET number = random() & 281474976710655, changes = changes + 1
    WHERE municipality = NEW.municipality;
  INSERT INTO map_change SELECT municipality, changes & 1023, changes, 'node', NEW.id
    FROM map_edition WHERE municipality = NEW.municipality
    ON CONFLICT DO UPDATE SET number = excluded.number, kind = excluded.kind, id = excluded.id;
END;
CREATE TRIGGER node_erased AFTER DELETE ON node BEGIN
  UPDATE map_edition SET number = random() & 281474976710655, changes = changes + 1
    WHERE municipality = OLD.municipality;
  INSERT INTO map_change SELECT municipality, changes & 1023, changes, 'node', OLD.id
    FROM map_edition WHERE municipality = OLD.municipality
    ON CONFLICT DO UPDATE SET number = excluded.number, kind = excluded.kind, id = excluded.id;
END;
CREATE TRIGGER sensor_drawn AFTER INSERT ON sensor BEGIN
  UPDATE map_edition SET number = random() & 281474976710655, changes = changes + 1
    WHERE municipality = NEW.municipality;
  INSERT INTO map_change SELECT municipality, changes & 1023, changes, 'sensor', NEW.id
    FROM map_edition WHERE municipality = NEW.municipality
    ON CONFLICT DO UPDATE SET number = excluded.number, kind = excluded.kind, id = excluded.id;
END;
CREATE TRIGGER sensor_redrawn AFTER UPDATE ON sensor BEGIN
  UPDATE map_edition SET number = random() & 281474976710655, changes = changes + 1
    WHERE municipality = NEW.municipality;
  INSERT INTO map_change SELECT municipality, changes & 1023, changes, 'sensor', NEW.id
    FROM map_edition WHERE municipality = NEW.municipality
    ON CONFLICT DO UPDATE SET number = excluded.number, kind = excluded.kind, id = excluded.id;
END;
CREATE TRIGGER sensor_erased AFTER DELETE ON sensor BEGIN
  UPDATE map_edition SET number = random() & 281474976710655, changes = changes + 1
    WHERE municipality = OLD.municipality;
  INSERT INTO map_change SELECT municipality, changes & 1023, changes, 'sensor', OLD.id
    FROM map_edition WHERE municipality = OLD.municipality
    ON CONFLICT DO UPDATE SET number = excluded.number, kind = excluded.kind, id = excluded.id;
END;
CREATE TRIGGER zone_drawn AFTER INSERT ON zone BEGIN
  UPDATE map_edition SET number = random() & 281474976710655 WHERE municipality = NEW.municipality;
END;
CREATE TRIGGER zone_redrawn AFTER UPDATE ON zone BEGIN
  UPDATE map_edition SET number = random() & 281474976710655 WHERE municipality = NEW.municipality;
END;
CREATE TRIGGER zone_erased AFTER DELETE ON zone BEGIN
  UPDATE map_edition SET number = random() & 281474976710655 WHERE municipality = OLD.municipality;
END;
CREATE TRIGGER zone_member_drawn AFTER INSERT ON zone_member WHEN NEW.kind <> 'incident' BEGIN
  UPDATE map_edition SET number = random() & 281474976710655
    WHERE municipality = (SELECT municipality FROM zone WHERE id = NEW.zone);
END;
CREATE TRIGGER zone_member_erased AFTER DELETE ON zone_member WHEN OLD.kind <> 'incident' BEGIN
  UPDATE map_edition SET number = random() & 281474976710655
    WHERE municipality = (SELECT municipality FROM zone WHERE id = OLD.zone);
END;

-- Names by their words, without case and accents. Its rowid is the thing's id * 8 + a number for its
-- kind; whose it is, and who may see it, is asked of the thing's own table.
CREATE VIRTUAL TABLE wording USING fts5 (
  words, content = '', contentless_delete = 1, prefix = '1 2 3',
  tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER sensor_worded AFTER INSERT ON sensor BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 1, NEW.name || ' ' || NEW.device_id);
END;
CREATE TRIGGER sensor_reworded AFTER UPDATE OF name, device_id ON sensor BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 1;
  INSERT INTO wording (rowid, words) VALUES (NEW.id * 8 + 1, NEW.name || ' ' || NEW.device_id);
END;
CREATE TRIGGER sensor_unworded AFTER DELETE ON sensor BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 1;
END;
CREATE TRIGGER link_worded AFTER INSERT ON link BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 2, coalesce(NEW.name, '') || ' ' || NEW.code);
END;
CREATE TRIGGER link_reworded AFTER UPDATE OF name, code ON link BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 2;
  INSERT INTO wording (rowid, words) VALUES (NEW.id * 8 + 2, coalesce(NEW.name, '') || ' ' || NEW.code);
END;
CREATE TRIGGER link_unworded AFTER DELETE ON link BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 2;
END;
CREATE TRIGGER node_worded AFTER INSERT ON node BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 3, coalesce(NEW.name, '') || ' ' || NEW.code);
END;
CREATE TRIGGER node_reworded AFTER UPDATE OF name, code ON node BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 3;
  INSERT INTO wording (rowid, words) VALUES (NEW.id * 8 + 3, coalesce(NEW.name, '') || ' ' || NEW.code);
END;
CREATE TRIGGER node_unworded AFTER DELETE ON node BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 3;
END;
CREATE TRIGGER zone_worded AFTER INSERT ON zone BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 4, NEW.name);
END;
CREATE TRIGGER zone_reworded AFTER UPDATE OF name ON zone BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 4;
  INSERT INTO wording (rowid, words) VALUES (NEW.id * 8 + 4, NEW.name);
END;
CREATE TRIGGER zone_unworded AFTER DELETE ON zone BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 4;
END;
CREATE TRIGGER incident_worded AFTER INSERT ON incident BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 5, NEW.title);
END;
CREATE TRIGGER incident_reworded AFTER UPDATE OF title ON incident BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 5;
  INSERT INTO wording (rowid, words) VALUES (NEW.id * 8 + 5, NEW.title);
END;
CREATE TRIGGER incident_unworded AFTER DELETE ON incident BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 5;
END;
CREATE TRIGGER alert_worded AFTER INSERT ON alert BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 6, NEW.title);
END;
CREATE TRIGGER alert_reworded AFTER UPDATE OF title ON alert BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 6;
  INSERT INTO wording (rowid, words) VALUES (NEW.id * 8 + 6, NEW.title);
END;
CREATE TRIGGER alert_unworded AFTER DELETE ON alert BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 6;
END;

-- Edits of assets as people made them, with what was before and after; the oldest are forgotten.
CREATE TABLE edit (
  id INTEGER PRIMARY KEY,
  municipality INTEGER NOT NULL REFERENCES municipality,
  number INTEGER NOT NULL, -- in the order in which they were made
  at INTEGER NOT NULL,
  by INTEGER NOT NULL,
  what TEXT NOT NULL, -- added, changed, removed or undone
  undoes INTEGER, -- the edit that this one took back
  undone_by INTEGER, -- the edit that took this one back
  UNIQUE (municipality, number)
) STRICT;
CREATE TABLE edit_part (
  edit INTEGER NOT NULL REFERENCES edit ON DELETE CASCADE,
  position INTEGER NOT NULL,
  municipality INTEGER NOT NULL REFERENCES municipality,
  asset INTEGER NOT NULL,
  code TEXT NOT NULL,
  before TEXT, -- JSON; NULL: it was not there
  after TEXT, -- JSON; NULL: it is not there any more
  PRIMARY KEY (edit, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX edit_part_by_asset ON edit_part (municipality, asset);

-- The map below the network: a file beside this database. Municipality 0: common to all.
CREATE TABLE base_map (
  municipality INTEGER PRIMARY KEY,
  file TEXT NOT NULL UNIQUE, -- its random name on the disk
  name TEXT NOT NULL,
  format TEXT NOT NULL, -- pmtiles or mbtiles
  tile_type TEXT NOT NULL, -- the media type of its tiles
  compression TEXT NOT NULL, -- of its tiles: gzip or nothing
  size INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  least_zoom INTEGER NOT NULL,
  most_zoom INTEGER NOT NULL,
  west REAL NOT NULL,
  south REAL NOT NULL,
  east REAL NOT NULL,
  north REAL NOT NULL,
  attribution TEXT NOT NULL,
  added_by INTEGER NOT NULL,
  added_at INTEGER NOT NULL
) STRICT;

-- Who revokes a token revokes with it those that it made.
ALTER TABLE api_token ADD COLUMN made_by_token INTEGER; -- NULL: a person made it

-- Who shall deal with an alert; NULL: nobody in particular.
ALTER TABLE alert ADD COLUMN assigned_to INTEGER;

-- What is to be done in an incident, step by step: each has who did it and when, so that two people who
-- tick off two of them at once do not write over each other.
CREATE TABLE checklist_item (
  id INTEGER PRIMARY KEY,
  incident INTEGER NOT NULL REFERENCES incident ON DELETE CASCADE,
  municipality INTEGER NOT NULL REFERENCES municipality,
  number INTEGER NOT NULL, -- the order within the incident
  text TEXT NOT NULL,
  done INTEGER NOT NULL CHECK (done IN (0, 1)),
  done_at INTEGER, -- NULL where it is done: taken over from notes, which did not say
  done_by INTEGER,
  version INTEGER NOT NULL,
  UNIQUE (incident, number),
  CHECK (done = 1 OR done_at IS NULL AND done_by IS NULL)
) STRICT;
CREATE INDEX checklist_item_by_incident ON checklist_item (municipality, incident, number);

-- In which language an e-mail channel is written to; those that are there go on in English.
ALTER TABLE channel ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
