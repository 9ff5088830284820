-- The events of a count whose raw objects are prepared in files. Continues events.sql; questions.sql
-- continues it.
--
-- An incremental count reads all events of those users alone who have new events. They count once as they
-- were (side -1), once as they are (side 1), and the difference is added to what was known.
  concerned AS (
    SELECT targetingKey, user FROM file({users:String}, 'Native', 'targetingKey String, user UInt64')
  ),
  events AS (
    SELECT * FROM projected WHERE {isFull:UInt8} = 1 OR targetingKey IN (SELECT targetingKey FROM concerned)
    UNION ALL
    SELECT *
    FROM file({prepared:String}, 'Native', {preparedColumns:String})
    WHERE {isFull:UInt8} = 1 OR user IN (SELECT user FROM concerned)
  ),
  links AS (
    SELECT side, user, person FROM file({links:String}, 'JSONEachRow', {linkColumns:String})
  ),
