-- The facts of an event-rate operation: always one row, even for an empty lake.
--
-- exposedUsers: distinct users exposed to the variation since `countingFrom`, by any rule or strategy. Users
-- who also saw another variation count: the question is whether this variation does harm, not which one is
-- better.
-- goalUsers: those of them with a goal event at or after their first such exposure; if the two come from
-- different clocks, also up to {clockSkewMaxMs} before; if one is dated by its time in a queue and came in
-- another request, up to {requestDelayMaxMs}.
--
-- {counts}: which events count, as in experiment.sql. verifiedUsers and unverifiedUsers: by the first
-- exposure, also where unverified ones do not count.
-- {sourceUsersMax}: users without a server key from one source count for so many users at most, with the
-- share of them that reached the goal; 0: all count. usersOverLimit are those that do not count.
  records AS (
    SELECT
      kind,
      at,
      clock,
      targetingKey,
      receivedAt,
      id,
      verified OR keyKind = 'server' AS isVerified,
      v > 1 AND NOT isVerified AS isUnverified,
      {counts:String} = 'all'
        OR ({counts:String} = 'verified' AND (kind = 'tracking' OR isVerified))
        OR keyKind = 'server' AS mayCount,
      if(keyKind = 'server', '', source) AS clientSource
    FROM lake
    WHERE at >= {countingFrom:Int64}
      AND (
        (kind = 'exposure' AND flagKey = {flagKey:String} AND variationId = {variationId:String})
        OR (kind = 'tracking' AND event = {event:String} AND mayCount)
      )
    -- Delivery is at least once. If copies differ, the one received first counts. An id identifies an event
    -- of one user and kind only: some clients give equal ids to different events. All files are of one
    -- environment.
    ORDER BY kind, targetingKey, id, receivedAt, at, clock, isVerified, clientSource
    LIMIT 1 BY kind, targetingKey, id
  ),
  users AS (
    SELECT
      -- Exposures that may count come first. Without any, the others say who was left out.
      argMinIf(
        (mayCount, at, clock, isVerified, isUnverified, clientSource, receivedAt),
        (NOT mayCount, at, receivedAt, id),
        kind = 'exposure'
      ) AS first,
      groupArrayIf((clock, at, receivedAt), kind = 'tracking') AS goals
    FROM records
    GROUP BY targetingKey
    HAVING countIf(kind = 'exposure') > 0
  ),
  outcomes AS (
    SELECT
      first,
      arrayExists(
        goal -> goal.2 >= first.2 - multiIf(
          goal.1 = first.3 AND goal.1 != 'queue time', 0,
          goal.1 NOT IN ('', 'queue time') OR first.3 NOT IN ('', 'queue time'), {clockSkewMaxMs:Int64},
          goal.3 = first.7, 0, -- one request, whose delay is in both
          {requestDelayMaxMs:Int64}
        ),
        goals
      ) AS hasGoal
    FROM users
  ),
  bySource AS (
    SELECT
      toInt64(countIf(first.1)) AS users,
      countIf(first.1 AND hasGoal) AS usersWithGoal,
      if({sourceUsersMax:Int64} = 0 OR first.6 = '', users, least(users, {sourceUsersMax:Int64})) AS counted,
      countIf(first.4) AS verified,
      countIf(first.5) AS unverified
    FROM outcomes
    GROUP BY first.6
  )
SELECT
  toInt64(sum(counted)) AS exposedUsers,
  toInt64(sum(if(users = 0, 0, round(usersWithGoal * counted / users)))) AS goalUsers,
  sum(verified) AS verifiedUsers,
  sum(unverified) AS unverifiedUsers,
  toInt64(sum(users) - sum(counted)) AS usersOverLimit
FROM bySource
SETTINGS output_format_json_quote_64bit_integers = 0
