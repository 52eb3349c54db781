-- Opens the statement in the setting tbp.query as the cursor tbp_query. The server itself refuses whatever is not one
-- statement that returns rows (SQLSTATE 42P11), and unlike DECLARE CURSOR this takes SHOW and EXPLAIN as well.
DO $$
DECLARE
    opened refcursor := 'tbp_query';
BEGIN
    OPEN opened FOR EXECUTE current_setting('tbp.query');
END $$
