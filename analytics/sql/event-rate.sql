-- The facts of an event-rate operation: always one row, even for an empty lake.
--
-- exposedUsers: distinct users exposed to the variation since `countingFrom`, by any rule or strategy. Users
-- who also saw another variation count: the question is whether this variation does harm, not which one is
-- better.
-- goalUsers: those of them with a goal event at or after their first such exposure.
  records AS (
    SELECT kind, at, targetingKey
    FROM lake
    WHERE at >= {countingFrom:Int64}
      AND (
        (kind = 'exposure' AND flagKey = {flagKey:String} AND variationId = {variationId:String})
        OR (kind = 'tracking' AND event = {event:String})
      )
    -- Delivery is at least once. If copies differ, the one received first counts.
    ORDER BY id, receivedAt, at
    LIMIT 1 BY id
  ),
  users AS (
    SELECT
      minIf(at, kind = 'exposure') AS firstAt,
      maxIf(at, kind = 'tracking') AS lastGoalAt -- 0 if there is none
    FROM records
    GROUP BY targetingKey
    HAVING countIf(kind = 'exposure') > 0
  )
SELECT
  count() AS exposedUsers,
  countIf(lastGoalAt >= firstAt) AS goalUsers
FROM users
SETTINGS output_format_json_quote_64bit_integers = 0
