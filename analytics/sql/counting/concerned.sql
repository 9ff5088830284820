-- The users whom an incremental count has to look at: those with events that came or went, those whose link
-- changed, and all who are linked with them.
WITH
  seen AS (
    SELECT user
    FROM file({prepared:String}, 'Native', {preparedColumns:String})
    WHERE length(sides) = 1
      AND (
        (kind = 'exposure' AND has({flags:Array(String)}, flagKey))
        OR (kind = 'tracking' AND has({events:Array(String)}, event))
      )
    UNION ALL
    SELECT user
    FROM file({changedExposures:String}, 'Native', {exposureColumns:String})
    WHERE has({flags:Array(String)}, flagKey)
    UNION ALL
    SELECT user
    FROM file({changedGoals:String}, 'Native', {goalColumns:String})
    WHERE has({events:Array(String)}, event)
  ),
  links AS (SELECT * FROM file({links:String}, 'RowBinary', {linkColumns:String})),
  touched AS (SELECT component FROM links WHERE isChanged OR user IN (SELECT user FROM seen))
SELECT DISTINCT user
FROM (
  SELECT user FROM seen
  UNION ALL
  SELECT user FROM links WHERE component IN (SELECT component FROM touched)
)
