-- Adds up what the events of one goal are worth per user: one row for each variation that counted users were
-- exposed to, and one with an empty variationId for all of them. Continues firsts.sql, with one question,
-- whose window is from {start} to {end}; {from} is earlier by {priorMs}.
--
-- Who counts, in which variation and from when on, is as in outcomes.sql. Here are only users whose first
-- exposure is before {exposedBefore}.
--
-- y: of a user's events {event}, their values or (`count`) their number; at most {cap}, if it is not 0.
--   rawY is y without the cap.
-- d: the same of the events {denominator}, if it is not empty. It may be the same event.
-- x: as y, of the events in the {priorMs} before the first exposure that are not in y.
-- {afterMs}: events count from so long after the first exposure on; 0: from it on, with its tolerance.
-- {steps}: who sent events of these names in this order has reached the goal; empty: who sent {event}.
--   stepUsers: who reached each of them, one after the other.
-- {windowMs}: events count for so long after the first exposure; 0: until {end}.
--
-- Sums are exact, so that neither the order of reading nor the way of counting changes a digit, and squares
-- do not cancel: y, d and x are rounded to 9 decimals and added up as integers, in units of 1e-9, of their
-- squares and products in units of 1e-18. Users with a sum that is not finite or beyond {valueMax} are in no
-- sum, but in unreadableUsers.
-- high: half a percent of the users have more (type 7 of Hyndman and Fan); null if one query is not of all.
  -- As for conversions, for events before and after the start apart: the former do not count there.
  eventsOnce AS (
    SELECT *, goalAt < {start:Int64} AS isEarly
    FROM goalEvents
    WHERE goalAt < {end:Int64} AND ({counts:String} != 'server' OR isServerGoal)
    ORDER BY goalCounted, goalOwner, goalEvent, goalId, isEarly, goalReceivedAt, goalAt, goalClock, contentId, value
    LIMIT 1 BY goalCounted, goalOwner, goalEvent, goalId, isEarly
  ),
  eventLists AS (
    SELECT
      goalCounted,
      goalOwner,
      arraySort(groupArray((toString(goalEvent), contentId, goalAt, value, goalClock, goalReceivedAt))) AS events
    FROM eventsOnce
    GROUP BY goalCounted, goalOwner
  ),
  timed AS (
    SELECT
      variation,
      firstAt,
      -- From when on each event counts.
      arrayMap(
        event -> greatest({start:Int64}, firstAt - multiIf(
          event.5 = firstClock AND firstClock != 1, 0,
          event.5 > 1 OR firstClock > 1, {clockSkewMaxMs:Int64},
          event.6 = firstReceivedAt, 0, -- one request, whose delay is in both
          {requestDelayMaxMs:Int64}
        )),
        events
      ) AS earliest,
      arrayFilter(
        (event, since) -> event.3 >= since
          AND ({afterMs:Int64} = 0 OR event.3 >= firstAt + {afterMs:Int64})
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
    FROM firsts
    LEFT JOIN eventLists ON goalCounted = counted AND goalOwner = owner
    WHERE isCounted AND firstAt < {exposedBefore:Int64}
  ),
  -- Copies follow their originals, since events are sorted by name, content and time.
  distinctEvents AS (
    SELECT
      variation,
      arrayFilter(
        (event, last) -> NOT (
          event.2 != 0 AND event.1 = last.1 AND event.2 = last.2 AND event.3 - last.3 <= {sameWithinMs:Int64}
        ),
        after,
        arrayPopBack(arrayPushFront(after, ('', toUInt64(0), toInt64(0), 0., toUInt32(0), toInt64(0))))
      ) AS events,
      arrayFilter(
        (event, last) -> NOT (
          event.2 != 0 AND event.2 = last.2 AND event.3 - last.3 <= {sameWithinMs:Int64}
        ),
        before,
        arrayPopBack(arrayPushFront(before, ('', toUInt64(0), toInt64(0), 0., toUInt32(0), toInt64(0))))
      ) AS priorEvents
    FROM timed
  ),
  summed AS (
    SELECT
      variation,
      -- When each step was reached, at the earliest; the last time there is if it never was.
      arrayPopFront(arrayFold(
        (times, step) -> arrayPushBack(times, arrayMin(arrayPushBack(
          arrayMap(event -> event.3, arrayFilter(event -> event.1 = step AND event.3 >= times[-1], events)),
          toInt64(9223372036854775807)
        ))),
        {steps:Array(String)},
        [toInt64(-9223372036854775807)]
      )) AS stepTimes,
      arrayMap(time -> time < toInt64(9223372036854775807), stepTimes) AS stepsReached,
      if(
        empty({steps:Array(String)}),
        arrayExists(event -> event.1 = {event:String}, events),
        stepsReached[-1] = 1
      ) AS isConverted,
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
      variation,
      isConverted,
      stepsReached,
      isReadable,
      rawY,
      -- Whole units and the rest apart, since a product with 1e9 would not be exact.
      arrayMap(
        number -> toInt256(toInt64(trunc(number))) * 1000000000
          + toInt256(toInt64(round((number - trunc(number)) * 1e9))),
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
  ),
  sums AS (
    SELECT
      fixed.variation AS variation,
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
      sumForEach(stepsReached) AS stepUsers,
      if(
        grouping(fixed.variation) = 1 AND {isWhole:Bool},
        quantileExactInclusiveIf(0.995)(rawY, isReadable),
        NULL
      ) AS high
    FROM fixed
    GROUP BY GROUPING SETS ((fixed.variation), ())
    HAVING count() > 0
  )
SELECT variationNames.variationId AS variationId, sums.* EXCEPT (variation)
FROM sums
LEFT JOIN variationNames ON variationNames.variation = sums.variation
ORDER BY variationId
SETTINGS output_format_json_quote_64bit_integers = 0
