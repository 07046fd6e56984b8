-- The map: what changes its tiles, what can be found by words, edits that can be undone, base maps -------

-- Another number after any change to what the map of a municipality shows; random, so that it is
-- another one too in a database that was put back from a backup.
CREATE TABLE map_edition (
  municipality INTEGER PRIMARY KEY REFERENCES municipality ON DELETE CASCADE,
  number INTEGER NOT NULL
) STRICT;
INSERT INTO map_edition SELECT id, random() & 281474976710655 FROM municipality;
CREATE TRIGGER map_begun AFTER INSERT ON municipality BEGIN
  INSERT INTO map_edition VALUES (NEW.id, random() & 281474976710655) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER link_drawn AFTER INSERT ON link BEGIN
  UPDATE map_edition SET number = random() & 281474976710655 WHERE municipality = NEW.municipality;
END;
CREATE TRIGGER link_redrawn AFTER UPDATE ON link BEGIN
  UPDATE map_edition SET number = random() & 281474976710655 WHERE municipality = NEW.municipality;
END;
CREATE TRIGGER link_erased AFTER DELETE ON link BEGIN
  UPDATE map_edition SET number = random() & 281474976710655 WHERE municipality = OLD.municipality;
END;
CREATE TRIGGER node_drawn AFTER INSERT ON node BEGIN
  UPDATE map_edition SET number = random() & 281474976710655 WHERE municipality = NEW.municipality;
END;
CREATE TRIGGER node_redrawn AFTER UPDATE ON node BEGIN
  UPDATE map_edition SET number = random() & 281474976710655 WHERE municipality = NEW.municipality;
END;
CREATE TRIGGER node_erased AFTER DELETE ON node BEGIN
  UPDATE map_edition SET number = random() & 281474976710655 WHERE municipality = OLD.municipality;
END;
CREATE TRIGGER sensor_drawn AFTER INSERT ON sensor BEGIN
  UPDATE map_edition SET number = random() & 281474976710655 WHERE municipality = NEW.municipality;
END;
CREATE TRIGGER sensor_redrawn AFTER UPDATE ON sensor BEGIN
  UPDATE map_edition SET number = random() & 281474976710655 WHERE municipality = NEW.municipality;
END;
CREATE TRIGGER sensor_erased AFTER DELETE ON sensor BEGIN
  UPDATE map_edition SET number = random() & 281474976710655 WHERE municipality = OLD.municipality;
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
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 1, NEW.name || ' ' || NEW.device_id);
END;
CREATE TRIGGER sensor_unworded AFTER DELETE ON sensor BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 1;
END;
CREATE TRIGGER link_worded AFTER INSERT ON link BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 2, coalesce(NEW.name, '') || ' ' || NEW.code);
END;
CREATE TRIGGER link_reworded AFTER UPDATE OF name, code ON link BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 2, coalesce(NEW.name, '') || ' ' || NEW.code);
END;
CREATE TRIGGER link_unworded AFTER DELETE ON link BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 2;
END;
CREATE TRIGGER node_worded AFTER INSERT ON node BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 3, coalesce(NEW.name, '') || ' ' || NEW.code);
END;
CREATE TRIGGER node_reworded AFTER UPDATE OF name, code ON node BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 3, coalesce(NEW.name, '') || ' ' || NEW.code);
END;
CREATE TRIGGER node_unworded AFTER DELETE ON node BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 3;
END;
CREATE TRIGGER zone_worded AFTER INSERT ON zone BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 4, NEW.name);
END;
CREATE TRIGGER zone_reworded AFTER UPDATE OF name ON zone BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 4, NEW.name);
END;
CREATE TRIGGER zone_unworded AFTER DELETE ON zone BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 4;
END;
CREATE TRIGGER incident_worded AFTER INSERT ON incident BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 5, NEW.title);
END;
CREATE TRIGGER incident_reworded AFTER UPDATE OF title ON incident BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 5, NEW.title);
END;
CREATE TRIGGER incident_unworded AFTER DELETE ON incident BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 5;
END;
CREATE TRIGGER alert_worded AFTER INSERT ON alert BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 6, NEW.title);
END;
CREATE TRIGGER alert_reworded AFTER UPDATE OF title ON alert BEGIN
  INSERT OR REPLACE INTO wording (rowid, words) VALUES (NEW.id * 8 + 6, NEW.title);
END;
CREATE TRIGGER alert_unworded AFTER DELETE ON alert BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 6;
END;
INSERT INTO wording (rowid, words) SELECT id * 8 + 1, sensor.name || ' ' || sensor.device_id FROM sensor;
INSERT INTO wording (rowid, words) SELECT id * 8 + 2, coalesce(link.name, '') || ' ' || link.code FROM link;
INSERT INTO wording (rowid, words) SELECT id * 8 + 3, coalesce(node.name, '') || ' ' || node.code FROM node;
INSERT INTO wording (rowid, words) SELECT id * 8 + 4, zone.name FROM zone;
INSERT INTO wording (rowid, words) SELECT id * 8 + 5, incident.title FROM incident;
INSERT INTO wording (rowid, words) SELECT id * 8 + 6, alert.title FROM alert;

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
