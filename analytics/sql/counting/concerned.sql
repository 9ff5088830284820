-- The users whom an incremental count has to look at: those with events that came or went, those whose link
-- changed, and all who are linked with them.
WITH
  seen AS (
    SELECT user
    FROM file({prepared:String}, 'Native', {preparedColumns:String})
    WHERE length(sides) = 1
      AND (
        (kind = 'exposure' AND flagKey IN (SELECT arrayJoin({flags:Array(String)})))
        OR (kind = 'tracking' AND event IN (SELECT arrayJoin({events:Array(String)})))
      )
    UNION ALL
    SELECT user
    FROM file({changedExposures:String}, 'Native', {exposureColumns:String})
    WHERE flagKey IN (SELECT arrayJoin({flags:Array(String)}))
    UNION ALL
    SELECT user
    FROM file({changedGoals:String}, 'Native', {goalColumns:String})
    WHERE event IN (SELECT arrayJoin({events:Array(String)}))
  ),
  links AS (SELECT * FROM file({links:String}, 'RowBinary', {linkColumns:String})),
  touched AS (SELECT component FROM links WHERE isChanged OR user IN (SELECT user FROM seen))
SELECT DISTINCT user
FROM (
  SELECT user FROM seen
  UNION ALL
  SELECT user FROM links WHERE component IN (SELECT component FROM touched)
)
