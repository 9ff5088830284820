-- Counts one experiment by one goal: a row per variation that anybody saw.
--
-- A user is counted once, in the variation of the first exposure inside [from, to) that the experiment's
-- rule decided. Whoever saw a second variation later stays with the first, and is also counted in
-- usersInTwoVariations, which makes health red if there are many. A goal event counts from that first
-- exposure on (at the same millisecond: yes) and before `to`. A user converts once, however many goal events
-- there are; their values are added up per user, so that valueSumOfSquares is of users and not of events.
-- Equal content of one user within {sameWithinMs} is one event that came twice: of it the earlier value is
-- added. All times are `at`, the client's account; the order of arrival decides nothing.
WITH
  records AS (
    SELECT kind, id, at, receivedAt, targetingKey, variationId, value, content
    FROM file({files:String}, 'JSONEachRow', {columns:String}, 'gzip')
    WHERE at >= {from:Int64} AND at < {to:Int64}
      AND targetingKey != '' -- anonymous: would be one enormous user
      AND (
        (kind = 'exposure' AND flagKey = {flagKey:String} AND ruleId = {ruleId:String} AND variationId != '')
        OR (kind = 'tracking' AND event = {event:String})
      )
    -- Delivery is at least once. Copies that differ are an SDK's doing: the one received first counts,
    -- whatever file is read first.
    ORDER BY id, receivedAt, at
    LIMIT 1 BY id
  ),
  -- One pass and no join: a user's goal events wait in an array until the first exposure is known.
  users AS (
    SELECT
      minIf(at, kind = 'exposure') AS firstAt,
      argMinIf(variationId, (at, receivedAt, id), kind = 'exposure') AS firstVariationId,
      uniqExactIf(variationId, kind = 'exposure') > 1 AS isInTwoVariations,
      arraySort(groupArrayIf((content, at, value), kind = 'tracking')) AS goalEvents
    FROM records
    GROUP BY targetingKey
    HAVING countIf(kind = 'exposure') > 0
  ),
  outcomes AS (
    SELECT
      firstVariationId,
      isInTwoVariations,
      arrayFilter(goalEvent -> goalEvent.2 >= firstAt, goalEvents) AS countedEvents,
      notEmpty(countedEvents) AS isConverted,
      -- Behind its like in the array, if there is one: of a content, events lie in the order of their times.
      arrayPopBack(arrayPushFront(countedEvents, ('', toInt64(0), 0.))) AS eventsBefore,
      arraySum(
        (goalEvent, before) -> if(
          goalEvent.1 != '' AND goalEvent.1 = before.1 AND goalEvent.2 - before.2 <= {sameWithinMs:Int64}, 0, goalEvent.3
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
SETTINGS
  input_format_skip_unknown_fields = 1, -- records are only ever added to
  use_hive_partitioning = 0, -- `name=value` in a path is no column
  output_format_json_quote_64bit_integers = 0
