-- What an operation watches, by the minute of the exposure: a row for each minute (epoch minutes) in which
-- users count, in order. None for an empty lake.
--
-- A user counts once in each {dayMs} since {from}, by the first exposure to {variationId} or
-- {baselineVariationId} in it, whichever came first. {baselineVariationId} '': there is no baseline, and users
-- who saw another variation before count as well. {ruleId}: '' takes exposures by any rule or strategy.
-- goalUsers: those with a goal event from that exposure on, until {delayMs} after it; if the two come from
-- different clocks, also up to {clockSkewMaxMs} before; if one is dated by its time in a queue and came in
-- another request, up to {requestDelayMaxMs}.
--
-- {counts}: which events count, as in experiment.sql. verifiedUsers and unverifiedUsers: by the first exposure,
-- also where unverified ones do not count.
-- {sourceUsersMax}: only so many users without a server key from one source count, the first ones; 0: all do.
-- usersOverLimit are the others.
  records AS (
    SELECT
      kind,
      at,
      clock,
      targetingKey,
      receivedAt,
      id,
      variationId,
      verified OR keyKind = 'server' AS isVerified,
      v > 1 AND NOT isVerified AS isUnverified,
      {counts:String} = 'all'
        OR ({counts:String} = 'verified' AND (kind = 'tracking' OR isVerified))
        OR keyKind = 'server' AS mayCount,
      if(keyKind = 'server', '', source) AS clientSource
    FROM lake
    WHERE at >= {from:Int64}
      AND (
        (
          kind = 'exposure'
          AND flagKey = {flagKey:String}
          AND (
            variationId = {variationId:String}
            OR ({baselineVariationId:String} != '' AND variationId = {baselineVariationId:String})
          )
          AND ({ruleId:String} = '' OR ruleId = {ruleId:String})
        )
        OR (kind = 'tracking' AND event = {event:String} AND mayCount)
      )
    -- Delivery is at least once. If copies differ, the one received first counts, as in experiment.sql.
    ORDER BY kind, targetingKey, id, receivedAt, at, clock, isVerified, clientSource, variationId
    LIMIT 1 BY kind, targetingKey, id
  ),
  users AS (
    SELECT
      targetingKey,
      -- Exposures that may count come first. Without any, the others say who was left out.
      arraySort(
        groupArrayIf(
          (
            intDiv(at - {from:Int64}, {dayMs:Int64}) AS day,
            NOT mayCount,
            at,
            receivedAt,
            id,
            clock,
            isVerified,
            isUnverified,
            clientSource,
            variationId
          ),
          kind = 'exposure'
        )
      ) AS exposures,
      groupArrayIf((clock, at, receivedAt), kind = 'tracking') AS goals
    FROM records
    GROUP BY targetingKey
    HAVING notEmpty(exposures)
  ),
  outcomes AS (
    SELECT
      targetingKey,
      arrayJoin(
        arrayFilter((each, i) -> i = 1 OR each.1 != exposures[i - 1].1, exposures, arrayEnumerate(exposures))
      ) AS first,
      NOT first.2 AS mayCount,
      first.3 AS exposedAt,
      first.9 AS clientSource,
      {baselineVariationId:String} != '' AND first.10 = {baselineVariationId:String} AS isBaseline,
      arrayExists(
        goal -> goal.2 <= exposedAt + {delayMs:Int64}
          AND goal.2 >= exposedAt - multiIf(
            goal.1 = first.6 AND goal.1 != 'queue time', 0,
            goal.1 NOT IN ('', 'queue time') OR first.6 NOT IN ('', 'queue time'), {clockSkewMaxMs:Int64},
            goal.3 = first.4, 0, -- one request, whose delay is in both
            {requestDelayMaxMs:Int64}
          ),
        goals
      ) AS hasGoal,
      row_number() OVER (PARTITION BY mayCount, clientSource ORDER BY exposedAt, targetingKey) AS placeInSource
    FROM users
  ),
  counted AS (
    SELECT
      *,
      mayCount AND ({sourceUsersMax:Int64} = 0 OR clientSource = '' OR placeInSource <= {sourceUsersMax:Int64})
        AS isCounted
    FROM outcomes
  )
SELECT
  intDiv(exposedAt, 60000) AS minute,
  countIf(isCounted AND NOT isBaseline) AS users,
  countIf(isCounted AND NOT isBaseline AND hasGoal) AS goalUsers,
  countIf(isCounted AND isBaseline) AS baselineUsers,
  countIf(isCounted AND isBaseline AND hasGoal) AS baselineGoalUsers,
  countIf(first.7) AS verifiedUsers,
  countIf(first.8) AS unverifiedUsers,
  countIf(mayCount AND NOT isCounted) AS usersOverLimit
FROM counted
GROUP BY minute
ORDER BY minute
SETTINGS output_format_json_quote_64bit_integers = 0
