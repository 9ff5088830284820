-- The events of a count in one statement, on a machine that has no files of the runner. Continues events.sql;
-- questions.sql continues it.
  events AS (SELECT * FROM projected),
  links AS (
    SELECT side, user, person FROM format(JSONEachRow, {linkColumns:String}, {links:String})
  ),
