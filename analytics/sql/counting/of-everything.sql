-- The events of a count in one statement, on a machine that has no files of the runner. Continues events.sql;
-- questions.sql continues it, after linked.sql or unlinked.sql.
  events AS (SELECT * FROM projected),
  sidedExposures AS (
    SELECT toInt8(1) AS side, * EXCEPT (sides) FROM projected WHERE kind = 'exposure' AND variationId != ''
  ),
  sidedGoals AS (SELECT toInt8(1) AS side, * EXCEPT (sides) FROM projected WHERE kind = 'tracking'),
  links AS (
    SELECT side, user, person, scope FROM format(JSONEachRow, {linkColumns:String}, {links:String})
  ),
