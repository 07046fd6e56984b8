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
