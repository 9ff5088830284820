-- Facts for an event-rate operation: one row, also over an empty lake.
--
-- exposedUsers: distinct users exposed to the variation since `countingFrom`, whatever rule or strategy
-- served it. A user who also saw another variation counts all the same: the question is whether this
-- variation does harm, not which is better.
-- goalUsers: those of them with a goal event from their first such exposure on (at the same millisecond:
-- yes).
WITH
  records AS (
    SELECT kind, at, targetingKey
    FROM file({files:String}, 'JSONEachRow', {columns:String}, 'gzip')
    WHERE at >= {countingFrom:Int64}
      AND targetingKey != '' -- anonymous: would be one enormous user
      AND (
        (kind = 'exposure' AND flagKey = {flagKey:String} AND variationId = {variationId:String})
        OR (kind = 'tracking' AND event = {event:String})
      )
    -- Delivery is at least once; of copies that differ, the one received first counts.
    ORDER BY id, receivedAt, at
    LIMIT 1 BY id
  ),
  users AS (
    SELECT
      minIf(at, kind = 'exposure') AS firstAt,
      maxIf(at, kind = 'tracking') AS lastGoalAt -- 0 where there is none
    FROM records
    GROUP BY targetingKey
    HAVING countIf(kind = 'exposure') > 0
  )
SELECT
  count() AS exposedUsers,
  countIf(lastGoalAt >= firstAt) AS goalUsers
FROM users
SETTINGS
  input_format_skip_unknown_fields = 1, -- records are only ever added to
  use_hive_partitioning = 0, -- `name=value` in a path is no column
  output_format_json_quote_64bit_integers = 0
