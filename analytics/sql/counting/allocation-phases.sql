-- What dynamic allocations have counted: a row for each allocation, phase (from 1) and variation that has
-- users. Continues goals.sql.
--
-- A user counts once, in the phase and variation of the first exposure by the rule since the first phase
-- began, if that is before `until`. goals: those with a goal event from that exposure on, until `delayMs`
-- after it; the tolerance between clocks is that of outcomes.sql. `counts`: which events count, as for
-- experiments. `starts`: when each phase began, in order.
  asked AS (
    SELECT *
    FROM format(
      JSONEachRow,
      'x UInt32, askedFlag String, rule String, arms Array(String), goal String, counts String,
       starts Array(Int64), delayMs Int64, until Int64, scopes Array(UInt32)',
      {allocations:String}
    )
  ),
  firsts AS (
    SELECT x, person, argMin((variationId, countedAt, receivedAt, clock), (countedAt, receivedAt, eventId)) AS first
    FROM exposuresOfPeople
    INNER JOIN asked ON askedFlag = flagKey
    WHERE flagKey IN (SELECT arrayJoin({flags:Array(String)}))
      AND ruleId = rule
      AND has(arms, variationId)
      AND countedAt >= starts[1]
      AND (scope = 0 OR has(scopes, scope))
      AND (counts = 'all' OR isServer OR (counts = 'verified' AND isVerified))
    GROUP BY x, person
  ),
  outcomes AS (
    SELECT
      x,
      first.1 AS variation,
      first.2 AS exposedAt,
      arrayCount(start -> start <= exposedAt, starts) AS phase,
      arrayExists(
        (each, isCopy) -> each.name = cityHash64(goal)
          AND NOT isCopy
          AND each.at >= starts[1]
          AND (counts != 'server' OR each.isServer)
          AND each.at <= exposedAt + delayMs
          AND each.at >= exposedAt - toleranceOf(each, first.4, first.3),
        events,
        areCopies(events, doubtful, starts[1], toInt64(9223372036854775807))
      ) AS hasGoal
    FROM firsts
    INNER JOIN asked USING (x)
    LEFT JOIN goalLists ON goalLists.person = firsts.person
    WHERE exposedAt < until
  )
SELECT x, phase, variation, count() AS users, countIf(hasGoal) AS goals
FROM outcomes
GROUP BY x, phase, variation
ORDER BY x, phase, variation
SETTINGS output_format_json_quote_64bit_integers = 0
