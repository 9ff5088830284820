-- Adds up what a goal's events are worth per user: one row for each variation that counted users were
-- exposed to, and one with an empty variationId for all of them.
--
-- Who counts, in which variation and from when on, is as in experiment.sql, which also says what the tests of
-- health need. Here are only users who count, whose first exposure is before {exposedBefore}.
--
-- y: of a user's events {event}, their values or (`count`) their number; at most {cap}, if it is not 0.
--   rawY is y without the cap.
-- d: the same of the events {denominator}, if it is not empty. It may be the same event.
-- x: as y, of the events in the {priorMs} before the first exposure that are not in y.
-- {windowMs}: events count for so long after the first exposure; 0: until {to}.
--
-- Sums are exact, so that neither the order of reading nor the way of counting changes a digit, and squares
-- do not cancel: y, d and x are rounded to 9 decimals and added up as integers, in units of 1e-9, of their
-- squares and products in units of 1e-18. Users with a sum that is not finite or beyond {valueMax} are in no
-- sum, but in unreadableUsers.
-- high: half a percent of the users have more (type 7 of Hyndman and Fan); null if one query is not of all.
  records AS (
    SELECT
      kind,
      id,
      at,
      receivedAt,
      clock,
      targetingKey,
      variationId,
      event,
      value,
      content,
      {counts:String} = 'all'
        OR ({counts:String} = 'verified' AND (kind = 'tracking' OR verified))
        OR keyKind = 'server' AS mayCount,
      if({unitAttribute:String} = '', targetingKey, if(unitAttribute = {unitAttribute:String}, unit, '')) AS ownUnit
    FROM lake
    WHERE at < {to:Int64}
      AND (
        (
          kind = 'exposure'
          AND at >= {from:Int64}
          AND flagKey = {flagKey:String}
          AND ruleId = {ruleId:String}
          AND variationId != ''
        )
        OR (
          kind = 'tracking'
          AND at >= {from:Int64} - {priorMs:Int64}
          AND (event = {event:String} OR ({denominator:String} != '' AND event = {denominator:String}))
          AND mayCount
        )
      )
    -- As in experiment.sql, for events before and after {from} apart: the former do not count there.
    ORDER BY kind, targetingKey, id, receivedAt, at, variationId, clock, content, value
    LIMIT 1 BY kind, targetingKey, id, event, at < {from:Int64}
  ),
  userUnits AS (
    SELECT targetingKey, argMinIf(ownUnit, (at, receivedAt, id), ownUnit != '') AS userUnit
    FROM records
    WHERE {unitAttribute:String} != '' AND kind = 'exposure'
    GROUP BY targetingKey
  ),
  attributed AS (
    SELECT
      records.*,
      multiIf(ownUnit != '', ownUnit, userUnit != '', userUnit, concat('\0', targetingKey)) AS counted
    FROM records LEFT JOIN userUnits USING (targetingKey)
  ),
  users AS (
    SELECT
      argMinIf((at, variationId, clock, receivedAt), (at, receivedAt, id), kind = 'exposure' AND mayCount) AS first,
      arraySort(groupArrayIf((event, content, at, value, clock, receivedAt), kind = 'tracking')) AS events
    FROM attributed
    WHERE {unitAttribute:String} = '' OR NOT startsWith(counted, '\0')
    GROUP BY counted
    HAVING countIf(kind = 'exposure' AND mayCount) > 0 AND first.1 < {exposedBefore:Int64}
  ),
  timed AS (
    SELECT
      first.2 AS variationId,
      first.1 AS firstAt,
      events,
      -- From when on each event counts.
      arrayMap(
        event -> greatest({from:Int64}, first.1 - multiIf(
          event.5 = first.3 AND event.5 != 'queue time', 0,
          event.5 NOT IN ('', 'queue time') OR first.3 NOT IN ('', 'queue time'), {clockSkewMaxMs:Int64},
          event.6 = first.4, 0, -- one request, whose delay is in both
          {requestDelayMaxMs:Int64}
        )),
        events
      ) AS earliest,
      arrayFilter(
        (event, since) -> event.3 >= since
          AND ({windowMs:Int64} = 0 OR event.3 < firstAt + {windowMs:Int64}),
        events,
        earliest
      ) AS after,
      arrayFilter(
        (event, since) -> event.3 < since
          AND event.3 < firstAt
          AND event.3 >= firstAt - {priorMs:Int64}
          AND event.1 = {event:String},
        events,
        earliest
      ) AS before
    FROM users
  ),
  -- Copies follow their originals, since events are sorted by name, content and time.
  distinctEvents AS (
    SELECT
      variationId,
      arrayFilter(
        (event, last) -> NOT (
          event.2 != '' AND event.1 = last.1 AND event.2 = last.2 AND event.3 - last.3 <= {sameWithinMs:Int64}
        ),
        after,
        arrayPopBack(arrayPushFront(after, ('', '', toInt64(0), 0., '', toInt64(0))))
      ) AS events,
      arrayFilter(
        (event, last) -> NOT (
          event.2 != '' AND event.2 = last.2 AND event.3 - last.3 <= {sameWithinMs:Int64}
        ),
        before,
        arrayPopBack(arrayPushFront(before, ('', '', toInt64(0), 0., '', toInt64(0))))
      ) AS priorEvents
    FROM timed
  ),
  summed AS (
    SELECT
      variationId,
      arrayExists(event -> event.1 = {event:String}, events) AS isConverted,
      arraySum(event -> if(event.1 = {event:String}, if({sum:String} = 'value', event.4, 1.), 0.), events) AS rawY,
      arraySum(
        event -> if(event.1 = {denominator:String}, if({denominatorSum:String} = 'value', event.4, 1.), 0.),
        events
      ) AS d,
      arraySum(event -> if({sum:String} = 'value', event.4, 1.), priorEvents) AS rawX,
      isFinite(rawY) AND isFinite(d) AND isFinite(rawX)
        AND greatest(abs(rawY), abs(d), abs(rawX)) <= {valueMax:Float64} AS isReadable
    FROM distinctEvents
  ),
  fixed AS (
    SELECT
      variationId,
      isConverted,
      isReadable,
      rawY,
      -- Whole units and the rest apart, since a product with 1e9 would not be exact.
      arrayMap(
        value -> toInt256(toInt64(trunc(value))) * 1000000000
          + toInt256(toInt64(round((value - trunc(value)) * 1e9))),
        [
          if(isReadable, rawY, 0.),
          if(isReadable, summed.d, 0.),
          if(isReadable, rawX, 0.),
          if({cap:Float64} > 0, {cap:Float64}, {valueMax:Float64})
        ]
      ) AS numbers,
      numbers[1] AS uncapped,
      least(uncapped, numbers[4]) AS y,
      numbers[2] AS d,
      least(numbers[3], numbers[4]) AS x
    FROM summed
  )
SELECT
  fixed.variationId AS variationId,
  count() AS users,
  countIf(isConverted) AS conversions,
  countIf(NOT isReadable) AS unreadableUsers,
  toString(sum(y)) AS sumY,
  toString(sum(y * y)) AS sumYY,
  toString(sum(d)) AS sumD,
  toString(sum(d * d)) AS sumDD,
  toString(sum(y * d)) AS sumYD,
  toString(sum(x)) AS sumX,
  toString(sum(x * x)) AS sumXX,
  toString(sum(x * y)) AS sumXY,
  toString(sum(uncapped)) AS sumRawY,
  toString(sum(uncapped * uncapped)) AS sumRawYY,
  if(
    grouping(fixed.variationId) = 1 AND {slices:UInt8} = 1,
    quantileExactInclusiveIf(0.995)(rawY, isReadable),
    NULL
  ) AS high
FROM fixed
GROUP BY GROUPING SETS ((fixed.variationId), ())
HAVING count() > 0
ORDER BY variationId
SETTINGS output_format_json_quote_64bit_integers = 0
