-- Who shall deal with an alert; NULL: nobody in particular.
ALTER TABLE alert ADD COLUMN assigned_to INTEGER;
