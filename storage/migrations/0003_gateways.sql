-- The device that reports for this one besides itself: a device id of the same municipality.

ALTER TABLE sensor ADD COLUMN gateway TEXT;
