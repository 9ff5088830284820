-- What dynamic allocations have counted: a row for each allocation, phase (from 1) and variation that has
-- users. Continues linked.sql or unlinked.sql.
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
       starts Array(Int64), delayMs Int64, until Int64',
      {allocations:String}
    )
  ),
  firsts AS (
    SELECT x, person, argMin((variationId, countedAt, receivedAt, clock), (countedAt, receivedAt, eventId)) AS first
    FROM exposuresOfPeople
    INNER JOIN asked ON askedFlag = flagKey
    WHERE has({flags:Array(String)}, flagKey)
      AND ruleId = rule
      AND has(arms, variationId)
      AND countedAt >= starts[1]
      AND (counts = 'all' OR isServer OR (counts = 'verified' AND isVerified))
    GROUP BY x, person
  ),
  goalsOf AS (
    SELECT person, event, groupArray((clock, countedAt, receivedAt, isServer)) AS goals
    FROM goalsOfPeople
    WHERE has({events:Array(String)}, event) AND countedAt >= {from:Int64}
    GROUP BY person, event
  ),
  outcomes AS (
    SELECT
      x,
      first.1 AS variation,
      first.2 AS exposedAt,
      arrayCount(start -> start <= exposedAt, starts) AS phase,
      arrayExists(
        each -> (counts != 'server' OR each.4)
          AND each.2 <= exposedAt + delayMs
          AND each.2 >= exposedAt - multiIf(
            each.1 = first.4 AND each.1 != 1, 0,
            each.1 > 1 OR first.4 > 1, {clockSkewMaxMs:Int64},
            each.3 = first.3, 0, -- one request, whose delay is in both
            {requestDelayMaxMs:Int64}
          ),
        goals
      ) AS hasGoal
    FROM firsts
    INNER JOIN asked USING (x)
    LEFT JOIN goalsOf ON goalsOf.person = firsts.person AND goalsOf.event = goal
    WHERE exposedAt < until
  )
SELECT x, phase, variation, count() AS users, countIf(hasGoal) AS goals
FROM outcomes
GROUP BY x, phase, variation
ORDER BY x, phase, variation
SETTINGS output_format_json_quote_64bit_integers = 0
