-- What operations watch, by the minute of the exposure: a row for each group of operations and minute (epoch
-- minutes) in which users count, in order. Operations of a group ask for the same users and differ in their
-- goals only. Continues goals.sql.
--
-- A user counts once in each {dayMs} since `start`, by the first exposure to `variation` or `baseline` in it,
-- whichever came first. `baseline` '': there is none, and users who saw another variation before count as
-- well. `rule` '' takes exposures by any rule or strategy. goalUsers and baselineGoalUsers: by operation,
-- those with its goal's event from that exposure on, until its `delayMs` after it; the tolerance between
-- clocks is that of outcomes.sql.
-- `counts`: which events count, as for experiments. verifiedUsers and unverifiedUsers: by the first exposure,
-- also where unverified ones do not count.
-- `sourceUsersMax`: only so many users without a server key from one source count, the first ones; 0: all do.
-- usersOverLimit are the others.
  asked AS (
    SELECT *
    FROM format(
      JSONEachRow,
      'g UInt32, askedFlag String, rule String, variation String, baseline String, counts String, start Int64,
       sourceUsersMax Int64, operations Array(Tuple(x UInt32, goal String, delayMs Int64)),
       scopes Array(UInt32)',
      {groups:String}
    )
  ),
  -- A row for each variation that a group looks at.
  met AS (
    SELECT
      * EXCEPT (askedFlag, variation, baseline, operations),
      arrayJoin(if(baseline = '', [variation], [variation, baseline])) AS metVariation,
      cityHash64(askedFlag, metVariation) AS metHash,
      metVariation = baseline AS isBaseline
    FROM asked
  ),
  exposures AS (
    SELECT
      g,
      person,
      intDiv(countedAt - start, {dayMs:Int64}) AS day,
      counts = 'all' OR isServer OR (counts = 'verified' AND isVerified) AS mayCount,
      -- As in questions.sql, the least number is the first exposure; those that may not count come last, and
      -- say who was left out. From the left: time, receipt, id, address, clock.
      if(mayCount, toUInt256(0), bitShiftLeft(toUInt256(1), 255))
        + bitShiftLeft(toUInt256(countedAt + {timeOffset:Int64}), 207)
        + bitShiftLeft(toUInt256(least(receivedAt - countedAt, 4294967295)), 175)
        + bitShiftLeft(toUInt256(bitShiftRight(eventId, 17)), 128)
        + bitShiftLeft(toUInt256(sourceId), 64)
        + bitShiftLeft(toUInt64(clock), 32)
        + if(isBaseline, 4, 0)
        + if(isVerified, 2, 0)
        + if(isUnverified, 1, 0) AS place
    FROM exposuresOfPeople
    INNER JOIN met ON metHash = cityHash64(flagKey, variationId)
    WHERE flagKey IN (SELECT askedFlag FROM asked)
      AND countedAt >= start
      AND (rule = '' OR ruleId = rule)
      AND (scope = 0 OR has(scopes, scope))
  ),
  places AS (
    SELECT g, person, day, min(exposures.place) AS place FROM exposures GROUP BY g, person, day
  ),
  firsts AS (
    SELECT
      g,
      person,
      toInt64(bitAnd(toUInt64(bitShiftRight(place, 207)), 281474976710655)) - {timeOffset:Int64} AS exposedAt,
      exposedAt + toUInt32(bitShiftRight(place, 175)) AS exposureReceivedAt,
      bitAnd(toUInt64(bitShiftRight(place, 128)), 140737488355327) AS eventId,
      toUInt64(bitShiftRight(place, 64)) AS sourceId,
      toUInt64(place) AS rest,
      toUInt32(bitShiftRight(rest, 32)) AS exposureClock,
      bitTest(rest, 2) AS isBaseline,
      bitTest(rest, 1) AS isVerified,
      bitTest(rest, 0) AS isUnverified,
      bitShiftRight(place, 255) = 0 AS mayCount
    FROM places
  ),
  limited AS (
    SELECT
      firsts.*,
      counts,
      start,
      arrayMap(each -> (each.x, cityHash64(each.goal), each.delayMs), operations) AS operations,
      row_number() OVER (PARTITION BY g, mayCount, sourceId ORDER BY exposedAt, eventId) AS placeInSource,
      mayCount AND (sourceUsersMax = 0 OR sourceId = 0 OR placeInSource <= sourceUsersMax) AS isCounted
    FROM firsts
    INNER JOIN asked USING (g)
  ),
  outcomes AS (
    SELECT
      *,
      -- The operations whose goal the user met.
      arrayMap(
        operation -> operation.1,
        if(empty(events), [], arrayFilter(
          operation -> arrayExists(
            (each, isCopy) -> each.name = operation.2
              AND NOT isCopy
              AND (counts != 'server' OR each.isServer)
              AND each.at <= exposedAt + operation.3
              AND each.at >= start
              AND each.at >= exposedAt - toleranceOf(each, exposureClock, exposureReceivedAt),
            events,
            areCopies(events, doubtful, start, toInt64(9223372036854775807))
          ),
          operations
        ))
      ) AS met,
      arrayResize([toUInt64(1)], length(met), 1) AS once
    FROM limited
    LEFT JOIN goalLists USING (person)
  )
SELECT
  g,
  intDiv(exposedAt, 60000) AS minute,
  countIf(isCounted AND NOT isBaseline) AS users,
  sumMapIf(met, once, isCounted AND NOT isBaseline) AS goalUsers,
  countIf(isCounted AND isBaseline) AS baselineUsers,
  sumMapIf(met, once, isCounted AND isBaseline) AS baselineGoalUsers,
  countIf(isVerified) AS verifiedUsers,
  countIf(isUnverified) AS unverifiedUsers,
  countIf(mayCount AND NOT isCounted) AS usersOverLimit
FROM outcomes
GROUP BY g, minute
ORDER BY g, minute
SETTINGS output_format_json_quote_64bit_integers = 0
