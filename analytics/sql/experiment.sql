-- Counts one experiment for one goal: one row for each variation that users were exposed to.
--
-- A user is counted once, in the variation of the first exposure inside [from, to) that the experiment's
-- rule decided. A user who later saw a second variation stays with the first, and also counts in
-- usersInTwoVariations, which makes health red if there are many. Goal events count from the first exposure,
-- inclusive, until `to`, exclusive; if the two come from different clocks, also up to {clockSkewMaxMs}
-- before; if one is dated by its time in a queue and came in another request, up to {requestDelayMaxMs}. A
-- user converts at most once. The values of a user's goal events are summed first, so valueSumOfSquares is of
-- users, not of events. Two events of a user with equal content within {sameWithinMs} are copies: only the
-- earlier value counts. All times are `at` of lake.sql; the order of arrival does not matter.
--
-- {unitAttribute}: if the rollout splits by an attribute, its value (the unit) is counted instead of the
-- user: read "unit" for "user" above. A unit's first exposure decides its variation, and the goals of all its
-- users count for it. A user's unit is that of the first exposure that names one. Users whose exposures name
-- none cannot be counted: they are in usersWithoutUnit.
--
-- {counts}: which events count. `all`; `verified`: exposures that edge found to be its own decision, or that
-- came with a server key, and all goals; `server`: exposures and goals that came with a server key. Users of
-- other exposures alone are in no column but unverifiedUsers and unverifiedConversions.
--
-- verifiedUsers, unverifiedUsers: by the exposure that decided; version 1 of the records tells neither.
-- source: empty, but if the lake is counted in slices of users, because sourceUsers does not add up over
-- them.
-- sourceUsers: of the counted users whose exposure came without a server key, the most from one source.
  records AS (
    SELECT
      kind,
      id,
      at,
      receivedAt,
      clock,
      targetingKey,
      variationId,
      value,
      content,
      verified OR keyKind = 'server' AS isVerified,
      v > 1 AND NOT isVerified AS isUnverified,
      {counts:String} = 'all'
        OR ({counts:String} = 'verified' AND (kind = 'tracking' OR isVerified))
        OR keyKind = 'server' AS mayCount,
      if(keyKind = 'server', '', source) AS clientSource,
      if({unitAttribute:String} = '', targetingKey, if(unitAttribute = {unitAttribute:String}, unit, '')) AS ownUnit
    FROM lake
    WHERE at >= {from:Int64} AND at < {to:Int64}
      AND (
        (kind = 'exposure' AND flagKey = {flagKey:String} AND ruleId = {ruleId:String} AND variationId != '')
        OR (kind = 'tracking' AND event = {event:String} AND mayCount)
      )
    -- Delivery is at least once. If copies differ, the one received first counts. An id identifies an event
    -- of one user and kind only: some clients give equal ids to different events. All files are of one
    -- environment.
    ORDER BY kind, targetingKey, id, receivedAt, at, variationId, clock, content, value, clientSource
    LIMIT 1 BY kind, targetingKey, id
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
  -- Goal events are kept in an array until the first exposure is known.
  users AS (
    SELECT
      {unitAttribute:String} != '' AND startsWith(counted, '\0') AS hasNoUnit,
      -- Exposures that may count come first. Without any, the others say who was left out.
      argMinIf(
        (mayCount, at, variationId, clock, isVerified, isUnverified, clientSource, receivedAt),
        (NOT mayCount, at, receivedAt, id),
        kind = 'exposure'
      ) AS first,
      first.1 AND NOT hasNoUnit AS isCounted,
      uniqExactIf(variationId, kind = 'exposure' AND mayCount) > 1 AS isInTwoVariations,
      arraySort(groupArrayIf((content, at, value, clock, receivedAt), kind = 'tracking')) AS goalEvents
    FROM attributed
    GROUP BY counted
    HAVING countIf(kind = 'exposure') > 0
  ),
  outcomes AS (
    SELECT
      first.3 AS variationId,
      first.5 AS isVerified,
      first.6 AS isUnverified,
      first.7 AS clientSource,
      hasNoUnit,
      isCounted,
      isInTwoVariations,
      arrayFilter(
        goalEvent -> goalEvent.2 >= first.2 - multiIf(
          goalEvent.4 = first.4 AND goalEvent.4 != 'queue time', 0,
          goalEvent.4 NOT IN ('', 'queue time') OR first.4 NOT IN ('', 'queue time'), {clockSkewMaxMs:Int64},
          goalEvent.5 = first.8, 0, -- one request, whose delay is in both
          {requestDelayMaxMs:Int64}
        ),
        goalEvents
      ) AS countedEvents,
      notEmpty(countedEvents) AS isConverted,
      -- The array is sorted by content and time, so a copy directly follows its original.
      arrayPopBack(arrayPushFront(countedEvents, ('', toInt64(0), 0., '', toInt64(0)))) AS eventsBefore,
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
  ),
  -- By source as well, to find the largest exactly: an estimate would differ from run to run.
  bySource AS (
    SELECT
      variationId,
      clientSource,
      countIf(isCounted) AS users,
      countIf(isCounted AND isConverted) AS conversions,
      sumIf(userValue, isCounted) AS valueSum,
      sumIf(userValue * userValue, isCounted) AS valueSumOfSquares,
      countIf(isCounted AND isInTwoVariations) AS usersInTwoVariations,
      countIf(isVerified AND isCounted) AS verifiedUsers,
      countIf(isVerified AND isCounted AND isConverted) AS verifiedConversions,
      countIf(isUnverified AND NOT hasNoUnit) AS unverifiedUsers,
      countIf(isUnverified AND NOT hasNoUnit AND isConverted) AS unverifiedConversions,
      if(clientSource = '', 0, users) AS sourceUsers,
      countIf(hasNoUnit) AS usersWithoutUnit
    FROM outcomes
    GROUP BY variationId, clientSource
  )
SELECT
  variationId,
  if({slices:UInt8} = 1, '', bySource.clientSource) AS source,
  sum(bySource.users) AS users,
  sum(bySource.conversions) AS conversions,
  sum(bySource.valueSum) AS valueSum,
  sum(bySource.valueSumOfSquares) AS valueSumOfSquares,
  sum(bySource.usersInTwoVariations) AS usersInTwoVariations,
  sum(bySource.verifiedUsers) AS verifiedUsers,
  sum(bySource.verifiedConversions) AS verifiedConversions,
  sum(bySource.unverifiedUsers) AS unverifiedUsers,
  sum(bySource.unverifiedConversions) AS unverifiedConversions,
  max(bySource.sourceUsers) AS sourceUsers,
  sum(bySource.usersWithoutUnit) AS usersWithoutUnit
FROM bySource
GROUP BY variationId, source
ORDER BY variationId, source
SETTINGS output_format_json_quote_64bit_integers = 0
