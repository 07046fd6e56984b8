-- Whoever's role, password or `enabled` changes has no session any more, whoever changed it.

CREATE TRIGGER person_stamped AFTER UPDATE OF stamp ON person WHEN NEW.stamp <> OLD.stamp BEGIN
  DELETE FROM session WHERE person = NEW.id;
END;
