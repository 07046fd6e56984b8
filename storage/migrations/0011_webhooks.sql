-- Webhooks say which changes they want, and are switched off when nothing has reached them for days.

ALTER TABLE channel ADD COLUMN events TEXT NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN failing_since INTEGER;
ALTER TABLE channel ADD COLUMN stopped TEXT NOT NULL DEFAULT '';
CREATE INDEX delivery_by_channel ON delivery (channel, created_at);
