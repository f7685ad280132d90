-- What an agency may set about its phone menu, all of it off, and the language that a caller chose.
ALTER TABLE tenants ADD COLUMN office_hours TEXT;     -- as in 'mon-fri 08:00-17:00; sat 09:00-12:00', local time; NULL: always open
ALTER TABLE tenants ADD COLUMN statement_digits TEXT; -- as in '6-10'; NULL: 1-12
ALTER TABLE tenants ADD COLUMN offer_caller_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN read_back INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN spanish_menu INTEGER NOT NULL DEFAULT 0;
ALTER TABLE telnyx_calls ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
