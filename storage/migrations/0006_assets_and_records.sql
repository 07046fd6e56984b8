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

-- Incidents that are there have a beginning, and the alert that they were made from.
INSERT INTO incident_entry
  SELECT id, 1, municipality, 'reported', created_at, reported_by, '', NULL, 'open', alert, NULL
  FROM incident;
INSERT INTO incident_alert SELECT id, alert, municipality FROM incident WHERE alert IS NOT NULL;

-- Maintenance is planned now, too: what was in the log has been done.
DROP INDEX maintenance_by_time;
ALTER TABLE maintenance RENAME TO maintenance_before;
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
INSERT INTO maintenance
  SELECT id, municipality, alert, incident, sensor, pipeline, pipeline, 'done', work, '', NULL, NULL,
    NULL, NULL, NULL, NULL, NULL, done_at, by, created_at, created_at, 1
  FROM maintenance_before;
DROP TABLE maintenance_before;
CREATE INDEX maintenance_by_time ON maintenance
  (municipality, coalesce(done_at, due_at, planned_for, created_at));
CREATE INDEX maintenance_by_window ON maintenance (municipality, out_until)
  WHERE out_until IS NOT NULL;
