-- The newest changes of what is drawn as a link, node or sensor, so that who has read all reads only these.
ALTER TABLE map_edition ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;
CREATE TABLE map_change (
  municipality INTEGER NOT NULL REFERENCES municipality ON DELETE CASCADE,
  place INTEGER NOT NULL, -- its number, modulo 1024
  number INTEGER NOT NULL,
  kind TEXT NOT NULL, -- link, node or sensor
  id INTEGER NOT NULL,
  PRIMARY KEY (municipality, place)
) STRICT, WITHOUT ROWID;
DROP TRIGGER map_begun;
DROP TRIGGER link_drawn;
DROP TRIGGER link_redrawn;
DROP TRIGGER link_erased;
DROP TRIGGER node_drawn;
DROP TRIGGER node_redrawn;
DROP TRIGGER node_erased;
DROP TRIGGER sensor_drawn;
DROP TRIGGER sensor_redrawn;
DROP TRIGGER sensor_erased;
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
