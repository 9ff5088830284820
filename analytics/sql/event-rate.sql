-- The facts of an event-rate operation: always one row, even for an empty lake.
--
-- exposedUsers: distinct users exposed to the variation since `countingFrom`, by any rule or strategy. Users
-- who also saw another variation count: the question is whether this variation does harm, not which one is
-- better.
-- goalUsers: those of them with a goal event at or after their first such exposure; if the two come from
-- different clocks, also up to {clockSkewMaxMs} before.
  records AS (
    SELECT kind, at, clock, targetingKey, receivedAt, id
    FROM lake
    WHERE at >= {countingFrom:Int64}
      AND (
        (kind = 'exposure' AND flagKey = {flagKey:String} AND variationId = {variationId:String})
        OR (kind = 'tracking' AND event = {event:String})
      )
    -- Delivery is at least once. If copies differ, the one received first counts. An id identifies an event
    -- of one user and kind only: some clients give equal ids to different events. All files are of one
    -- environment.
    ORDER BY kind, targetingKey, id, receivedAt, at
    LIMIT 1 BY kind, targetingKey, id
  ),
  users AS (
    SELECT
      minIf(at, kind = 'exposure') AS firstAt,
      argMinIf(clock, (at, receivedAt, id), kind = 'exposure') AS firstClock,
      maxMapIf(map(clock, at), kind = 'tracking') AS lastGoals -- by clock
    FROM records
    GROUP BY targetingKey
    HAVING countIf(kind = 'exposure') > 0
  )
SELECT
  count() AS exposedUsers,
  countIf(
    mapExists(
      (clock, lastAt) -> lastAt >= firstAt - if(clock = firstClock, 0, {clockSkewMaxMs:Int64}),
      lastGoals
    )
  ) AS goalUsers
FROM users
SETTINGS output_format_json_quote_64bit_integers = 0
