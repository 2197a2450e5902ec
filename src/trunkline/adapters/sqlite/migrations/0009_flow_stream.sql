-- Which stream a flow's cursor, ranges and cases are places in; empty until the flow next records something.
ALTER TABLE flow ADD COLUMN stream TEXT NOT NULL DEFAULT '';
