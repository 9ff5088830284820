-- Which of the exposed reached which goal, and what that adds to the counts. Continues firsts.sql.
  -- q = 0: a row for whom is counted. q > 0: a row for each goal that was reached.
  answers AS (
    SELECT
      side,
      x,
      counted,
      place,
      variation,
      isCounted,
      isVerified,
      isUnverified,
      isInTwoVariations,
      hasNoUnit,
      arrayJoin(arrayPushFront(
        if(empty(events), [], arrayMap(goal -> goal.1, arrayFilter(
          goal -> arrayExists(
            (each, copyTime) -> each.name = goal.2
              AND each.at >= start
              AND each.at < end
              AND copyTime < start - {copyHorizonMs:Int64}
              AND (each.isServer OR NOT isServerOnly)
              AND each.at >= firstAt - multiIf(
                each.clock = firstClock AND firstClock != 1, 0,
                each.clock > 1 OR firstClock > 1, {clockSkewMaxMs:Int64},
                each.receivedAt = firstReceivedAt, 0, -- one request, whose delay is in both
                {requestDelayMaxMs:Int64}
              ),
            events,
            copyTimes
          ),
          goals
        ))),
        toUInt32(0)
      )) AS q,
      if(q = 0, sourceGroup, 0) AS sourceGroup
    FROM firsts
    INNER JOIN (
      SELECT
        x,
        counts = 'server' AS isServerOnly,
        start,
        end,
        arrayMap(goal -> (goal.1, cityHash64(goal.2)), goals) AS goals
      FROM asked
    ) AS questions USING (x)
    LEFT JOIN goalsOfCounted ON goalCounted = counted AND goalOwner = owner AND goalSide = side
  ),
  sums AS (
    SELECT
      x,
      q,
      variation,
      sourceGroup,
      sumIf(side, isCounted) AS users,
      sumIf(side, isVerified AND isCounted) AS verifiedUsers,
      sumIf(side, isUnverified AND NOT hasNoUnit) AS unverifiedUsers,
      sumIf(side, isInTwoVariations) AS usersInTwoVariations,
      sumIf(side, hasNoUnit) AS usersWithoutUnit
    FROM answers
    GROUP BY x, q, variation, sourceGroup
  ),
  contributions AS (
    SELECT
      x,
      q,
      variationNames.variationId AS variationId,
      sourceGroup,
      users,
      verifiedUsers,
      unverifiedUsers,
      usersInTwoVariations,
      usersWithoutUnit
    FROM sums
    LEFT JOIN variationNames ON variationNames.variation = sums.variation
  )
