-- Adds up what the events of one goal are worth per user: one row for each variation that counted users were
-- exposed to, and one with an empty variationId for all of them. Of an incremental count, what that adds
-- (of-files.sql). Continues firsts.sql, with one question,
-- whose window is from {start} to {end}; {from} is earlier by {priorMs}.
--
-- Who counts, in which variation and from when on, is as in outcomes.sql. Here are only users whose first
-- exposure is before {exposedBefore}.
--
-- y: of a user's events {event}, their values or (`count`) their number; at most {cap}, if it is not 0.
--   rawY is y without the cap.
-- payers, negatives: users with a rawY above and below 0; sumLog and sumLogLog are of the natural logarithms
--   of those above.
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
  eventLists AS (
    SELECT
      goalSide,
      goalCounted,
      goalOwner,
      -- In an order of their own, so that sums do not depend on that of reading.
      arraySort(
        each -> (each.name, each.at, each.value, each.clock, each.receivedAt),
        arrayFilter(
          (each, isCopy) -> each.at >= {from:Int64}
            AND each.at < {end:Int64}
            AND NOT isCopy
            AND (each.isServer OR {counts:String} != 'server'),
          goalsOfCounted.events,
          areCopies(goalsOfCounted.events, doubtful, {from:Int64}, {end:Int64})
        )
      ) AS events
    FROM goalsOfCounted
  ),
  timed AS (
    SELECT
      side,
      variation,
      firstAt,
      -- From when on each event counts.
      arrayMap(
        event -> greatest({start:Int64}, firstAt - toleranceOf(event, firstClock, firstReceivedAt)),
        events
      ) AS earliest,
      arrayFilter(
        (event, since) -> event.at >= since
          AND ({afterMs:Int64} = 0 OR event.at >= firstAt + {afterMs:Int64})
          AND ({windowMs:Int64} = 0 OR event.at < firstAt + {windowMs:Int64}),
        events,
        earliest
      ) AS after,
      arrayFilter(
        (event, since) -> event.at < since
          AND event.at < firstAt
          AND event.at >= firstAt - {priorMs:Int64}
          AND event.name = cityHash64({event:String}),
        events,
        earliest
      ) AS before
    FROM firsts
    LEFT JOIN eventLists ON goalCounted = counted AND goalOwner = owner AND goalSide = side
    WHERE isCounted AND firstAt < {exposedBefore:Int64}
  ),
  summed AS (
    SELECT
      side,
      variation,
      -- When each step was reached, at the earliest; the last time there is if it never was.
      arrayPopFront(arrayFold(
        (times, step) -> arrayPushBack(times, arrayMin(arrayPushBack(
          arrayMap(event -> event.at, arrayFilter(event -> event.name = cityHash64(step) AND event.at >= times[-1], after)),
          toInt64(9223372036854775807)
        ))),
        {steps:Array(String)},
        [toInt64(-9223372036854775807)]
      )) AS stepTimes,
      arrayMap(time -> time < toInt64(9223372036854775807), stepTimes) AS stepsReached,
      if(
        empty({steps:Array(String)}),
        arrayExists(event -> event.name = cityHash64({event:String}), after),
        stepsReached[-1] = 1
      ) AS isConverted,
      arraySum(event -> if(event.name = cityHash64({event:String}), if({sum:String} = 'value', event.value, 1.), 0.), after) AS rawY,
      arraySum(
        event -> if(event.name = cityHash64({denominator:String}), if({denominatorSum:String} = 'value', event.value, 1.), 0.),
        after
      ) AS d,
      arraySum(event -> if({sum:String} = 'value', event.value, 1.), before) AS rawX,
      isFinite(rawY) AND isFinite(d) AND isFinite(rawX)
        AND greatest(abs(rawY), abs(d), abs(rawX)) <= {valueMax:Float64} AS isReadable
    FROM timed
  ),
  fixed AS (
    SELECT
      side,
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
      if(uncapped > 0, toInt256(toInt64(round(log(rawY) * 1e9))), toInt256(0)) AS logarithm,
      numbers[2] AS d,
      least(numbers[3], numbers[4]) AS x
    FROM summed
  ),
  sums AS (
    SELECT
      fixed.variation AS variation,
      sum(side) AS users,
      sumIf(side, isConverted) AS conversions,
      sumIf(side, NOT isReadable) AS unreadableUsers,
      toString(sum(side * y)) AS sumY,
      toString(sum(side * y * y)) AS sumYY,
      toString(sum(side * d)) AS sumD,
      toString(sum(side * d * d)) AS sumDD,
      toString(sum(side * y * d)) AS sumYD,
      toString(sum(side * x)) AS sumX,
      toString(sum(side * x * x)) AS sumXX,
      toString(sum(side * x * y)) AS sumXY,
      toString(sum(side * uncapped)) AS sumRawY,
      toString(sum(side * uncapped * uncapped)) AS sumRawYY,
      sumIf(side, uncapped > 0) AS payers,
      sumIf(side, uncapped < 0) AS negatives,
      toString(sum(side * logarithm)) AS sumLog,
      toString(sum(side * logarithm * logarithm)) AS sumLogLog,
      sumForEach(arrayMap(reached -> side * reached, stepsReached)) AS stepUsers,
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
