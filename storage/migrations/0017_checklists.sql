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

-- Until now a checklist was lines of the notes (`- [ ] Shut valve 7`, `- [x] …`); what else the notes say stays.
CREATE TABLE note_line AS
  WITH RECURSIVE line (incident, municipality, number, text, rest) AS (
    SELECT id, municipality, 0, NULL, replace(notes, char(13), '') || char(10)
      FROM incident WHERE notes GLOB '*[-*] [[][ xX]] ?*'
    UNION ALL
    SELECT incident, municipality, number + 1, substr(rest, 1, instr(rest, char(10)) - 1),
      substr(rest, instr(rest, char(10)) + 1)
      FROM line WHERE rest <> ''
  )
  SELECT incident, municipality, number, text, trim(text, ' ' || char(9)) AS plain,
    ltrim(text, ' ' || char(9)) GLOB '[-*] [[][ xX]] *'
      AND trim(substr(ltrim(text, ' ' || char(9)), 7), ' ' || char(9)) <> '' AS is_item
    FROM line WHERE text IS NOT NULL;
INSERT INTO checklist_item
  SELECT random() & 281474976710655, incident, municipality,
    row_number() OVER (PARTITION BY incident ORDER BY number),
    trim(substr(plain, 7), ' ' || char(9)), substr(plain, 4, 1) <> ' ', NULL, NULL, 1
    FROM note_line WHERE is_item;
UPDATE incident SET notes = coalesce((
    SELECT trim(group_concat(text, char(10) ORDER BY number), ' ' || char(10)) FROM note_line
      WHERE note_line.incident = incident.id AND NOT is_item
  ), '') WHERE id IN (SELECT incident FROM note_line WHERE is_item);
DROP TABLE note_line;
