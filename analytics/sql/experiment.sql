-- Counts one experiment for one goal: one row for each variation that users were exposed to.
--
-- A user is counted once, in the variation of the first exposure inside [from, to) that the experiment's
-- rule decided. A user who later saw a second variation stays with the first, and also counts in
-- usersInTwoVariations, which makes health red if there are many. Goal events count from the first exposure,
-- inclusive, until `to`, exclusive; if the two come from different clocks, also up to {clockSkewMaxMs}
-- before. A user converts at most once. The values of a user's goal events are summed first, so
-- valueSumOfSquares is of users, not of events. Two events of a user with equal content within {sameWithinMs}
-- are copies: only the earlier value counts. All times are `at` of lake.sql; the order of arrival does not
-- matter.
  records AS (
    SELECT kind, id, at, receivedAt, clock, targetingKey, variationId, value, content
    FROM lake
    WHERE at >= {from:Int64} AND at < {to:Int64}
      AND (
        (kind = 'exposure' AND flagKey = {flagKey:String} AND ruleId = {ruleId:String} AND variationId != '')
        OR (kind = 'tracking' AND event = {event:String})
      )
    -- Delivery is at least once. If copies differ, the one received first counts. An id identifies an event
    -- of one user and kind only: some clients give equal ids to different events. All files are of one
    -- environment.
    ORDER BY kind, targetingKey, id, receivedAt, at
    LIMIT 1 BY kind, targetingKey, id
  ),
  -- One pass without a join: goal events are kept in an array until the first exposure is known.
  users AS (
    SELECT
      minIf(at, kind = 'exposure') AS firstAt,
      argMinIf(variationId, (at, receivedAt, id), kind = 'exposure') AS firstVariationId,
      argMinIf(clock, (at, receivedAt, id), kind = 'exposure') AS firstClock,
      uniqExactIf(variationId, kind = 'exposure') > 1 AS isInTwoVariations,
      arraySort(groupArrayIf((content, at, value, clock), kind = 'tracking')) AS goalEvents
    FROM records
    GROUP BY targetingKey
    HAVING countIf(kind = 'exposure') > 0
  ),
  outcomes AS (
    SELECT
      firstVariationId,
      isInTwoVariations,
      arrayFilter(
        goalEvent -> goalEvent.2 >= firstAt - if(goalEvent.4 = firstClock, 0, {clockSkewMaxMs:Int64}),
        goalEvents
      ) AS countedEvents,
      notEmpty(countedEvents) AS isConverted,
      -- The array is sorted by content and time, so a copy directly follows its original.
      arrayPopBack(arrayPushFront(countedEvents, ('', toInt64(0), 0., ''))) AS eventsBefore,
      arraySum(
        (goalEvent, before) -> if(
          goalEvent.1 != ''
            AND goalEvent.1 = before.1
            AND goalEvent.2 - before.2 <= {sameWithinMs:Int64},
          0,
          goalEvent.3
        ),
        countedEvents,
        eventsBefore
      ) AS userValue
    FROM users
  )
SELECT
  firstVariationId AS variationId,
  count() AS users,
  countIf(isConverted) AS conversions,
  sum(userValue) AS valueSum,
  sum(userValue * userValue) AS valueSumOfSquares,
  countIf(isInTwoVariations) AS usersInTwoVariations
FROM outcomes
GROUP BY firstVariationId
ORDER BY firstVariationId
SETTINGS output_format_json_quote_64bit_integers = 0
