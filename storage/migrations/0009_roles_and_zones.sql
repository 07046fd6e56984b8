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
