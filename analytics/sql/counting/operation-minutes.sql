-- What operations watch, by the minute of the exposure: a row for each operation and minute (epoch minutes)
-- in which users count, in order. Continues of-everything.sql.
--
-- A user counts once in each {dayMs} since `start`, by the first exposure to `variation` or `baseline` in it,
-- whichever came first. `baseline` '': there is none, and users who saw another variation before count as
-- well. `rule` '' takes exposures by any rule or strategy. goalUsers: those with a goal event from that
-- exposure on, until `delayMs` after it; the tolerance between clocks is that of outcomes.sql.
-- `counts`: which events count, as for experiments. verifiedUsers and unverifiedUsers: by the first exposure,
-- also where unverified ones do not count.
-- `sourceUsersMax`: only so many users without a server key from one source count, the first ones; 0: all do.
-- usersOverLimit are the others.
  asked AS (
    SELECT *
    FROM format(
      JSONEachRow,
      'x UInt32, askedFlag String, rule String, variation String, baseline String, goal String, counts String,
       start Int64, delayMs Int64, sourceUsersMax Int64',
      {operations:String}
    )
  ),
  -- Whoever is linked to a known user counts as that one.
  people AS (
    SELECT events.* EXCEPT (sides), if(links.person = 0, events.user, links.person) AS person
    FROM events
    LEFT JOIN (SELECT user, person FROM links WHERE side = 1) AS links ON links.user = events.user
    WHERE countedAt >= {from:Int64}
  ),
  exposures AS (
    SELECT
      x,
      person,
      targetingKey,
      intDiv(countedAt - start, {dayMs:Int64}) AS day,
      eventId,
      variationId,
      countedAt,
      receivedAt,
      clock,
      isVerified,
      isUnverified,
      counts = 'all' OR isServer OR (counts = 'verified' AND isVerified) AS mayCount,
      sourceId
    FROM people
    INNER JOIN asked ON askedFlag = flagKey
    WHERE kind = 'exposure'
      AND has({flags:Array(String)}, flagKey)
      AND countedAt >= start
      AND (variationId = variation OR (baseline != '' AND variationId = baseline))
      AND (rule = '' OR ruleId = rule)
    -- Delivery is at least once. If copies differ, the one received first counts.
    ORDER BY x, person, eventId, receivedAt, countedAt, variationId, clock, isVerified, sourceId
    LIMIT 1 BY x, person, eventId
  ),
  firsts AS (
    SELECT
      x,
      person,
      day,
      -- Exposures that may count come first. Without any, the others say who was left out.
      argMin(
        (targetingKey, variationId, countedAt, receivedAt, clock, isVerified, isUnverified, mayCount, sourceId),
        (NOT mayCount, countedAt, receivedAt, eventId)
      ) AS first
    FROM exposures
    GROUP BY x, person, day
  ),
  goalEvents AS (
    SELECT person, event, eventId, countedAt, receivedAt, clock, isServer
    FROM people
    WHERE kind = 'tracking' AND has({events:Array(String)}, event)
    ORDER BY person, event, eventId, isServer, receivedAt, countedAt, clock
    LIMIT 1 BY person, event, eventId, isServer
  ),
  goalsOf AS (
    SELECT person, event, groupArray((clock, countedAt, receivedAt, isServer)) AS goals
    FROM goalEvents
    GROUP BY person, event
  ),
  outcomes AS (
    SELECT
      x,
      first.1 AS targetingKey,
      baseline != '' AND first.2 = baseline AS isBaseline,
      first.3 AS exposedAt,
      first.6 AS isVerified,
      first.7 AS isUnverified,
      first.8 AS mayCount,
      first.9 AS sourceId,
      sourceUsersMax,
      arrayExists(
        each -> (counts != 'server' OR each.4)
          AND each.2 <= exposedAt + delayMs
          AND each.2 >= exposedAt - multiIf(
            each.1 = first.5 AND each.1 != 1, 0,
            each.1 > 1 OR first.5 > 1, {clockSkewMaxMs:Int64},
            each.3 = first.4, 0, -- one request, whose delay is in both
            {requestDelayMaxMs:Int64}
          ),
        goals
      ) AS hasGoal,
      row_number() OVER (PARTITION BY x, mayCount, sourceId ORDER BY exposedAt, targetingKey) AS placeInSource
    FROM firsts
    INNER JOIN asked USING (x)
    LEFT JOIN goalsOf ON goalsOf.person = firsts.person AND goalsOf.event = goal
  ),
  judged AS (
    SELECT *, mayCount AND (sourceUsersMax = 0 OR sourceId = 0 OR placeInSource <= sourceUsersMax) AS isCounted
    FROM outcomes
  )
SELECT
  x,
  intDiv(exposedAt, 60000) AS minute,
  countIf(isCounted AND NOT isBaseline) AS users,
  countIf(isCounted AND NOT isBaseline AND hasGoal) AS goalUsers,
  countIf(isCounted AND isBaseline) AS baselineUsers,
  countIf(isCounted AND isBaseline AND hasGoal) AS baselineGoalUsers,
  countIf(isVerified) AS verifiedUsers,
  countIf(isUnverified) AS unverifiedUsers,
  countIf(mayCount AND NOT isCounted) AS usersOverLimit
FROM judged
GROUP BY x, minute
ORDER BY x, minute
SETTINGS output_format_json_quote_64bit_integers = 0
