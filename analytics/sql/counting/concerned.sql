-- The users whom an incremental count has to look at: those with events that came or went, those whose link
-- changed, and all who count as one with them. Continues events.sql.
  changed AS (
    SELECT * FROM projected
    UNION ALL
    SELECT * FROM file({prepared:String}, 'Native', {preparedColumns:String}) WHERE length(sides) = 1
  ),
  links AS (SELECT * FROM file({links:String}, 'JSONEachRow', {linkColumns:String})),
  seen AS (
    SELECT DISTINCT targetingKey, user
    FROM changed
    WHERE (kind = 'exposure' AND has({flags:Array(String)}, flagKey))
      OR (kind = 'tracking' AND has({events:Array(String)}, event))
  ),
  touched AS (SELECT person FROM links WHERE isChanged OR user IN (SELECT user FROM seen))
SELECT DISTINCT targetingKey, user
FROM (
  SELECT targetingKey, user FROM seen
  UNION ALL
  SELECT targetingKey, user FROM links WHERE person IN (SELECT person FROM touched)
)
