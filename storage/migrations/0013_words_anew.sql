-- A word that a thing was called by must be forgotten first: the conflict clause of a trigger gives way
-- to that of the statement that set it off (sqlite.org/lang_createtrigger.html).
DROP TRIGGER sensor_reworded;
CREATE TRIGGER sensor_reworded AFTER UPDATE OF name, device_id ON sensor BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 1;
  INSERT INTO wording (rowid, words) VALUES (NEW.id * 8 + 1, NEW.name || ' ' || NEW.device_id);
END;
DROP TRIGGER link_reworded;
CREATE TRIGGER link_reworded AFTER UPDATE OF name, code ON link BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 2;
  INSERT INTO wording (rowid, words) VALUES (NEW.id * 8 + 2, coalesce(NEW.name, '') || ' ' || NEW.code);
END;
DROP TRIGGER node_reworded;
CREATE TRIGGER node_reworded AFTER UPDATE OF name, code ON node BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 3;
  INSERT INTO wording (rowid, words) VALUES (NEW.id * 8 + 3, coalesce(NEW.name, '') || ' ' || NEW.code);
END;
DROP TRIGGER zone_reworded;
CREATE TRIGGER zone_reworded AFTER UPDATE OF name ON zone BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 4;
  INSERT INTO wording (rowid, words) VALUES (NEW.id * 8 + 4, NEW.name);
END;
DROP TRIGGER incident_reworded;
CREATE TRIGGER incident_reworded AFTER UPDATE OF title ON incident BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 5;
  INSERT INTO wording (rowid, words) VALUES (NEW.id * 8 + 5, NEW.title);
END;
DROP TRIGGER alert_reworded;
CREATE TRIGGER alert_reworded AFTER UPDATE OF title ON alert BEGIN
  DELETE FROM wording WHERE rowid = OLD.id * 8 + 6;
  INSERT INTO wording (rowid, words) VALUES (NEW.id * 8 + 6, NEW.title);
END;
