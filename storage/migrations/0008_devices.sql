-- What a device is called on its own network, when its keys were used, and how much a municipality's
-- devices may send.

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
