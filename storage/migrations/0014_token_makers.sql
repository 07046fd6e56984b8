-- Who revokes a token revokes with it those that it made.
ALTER TABLE api_token ADD COLUMN made_by_token INTEGER; -- NULL: a person made it
