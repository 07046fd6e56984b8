-- In which language an e-mail channel is written to; those that are there go on in English.
ALTER TABLE channel ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
