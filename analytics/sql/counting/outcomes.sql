-- Which of the exposed reached which goal, and what that adds to the counts. Continues firsts.sql.
  -- The names of the events that count. Apart from `answers`: ClickHouse writes an expression out wherever
  -- its name stands.
  reached AS (
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
      sourceGroup,
      goals,
      arrayMap(
        each -> each.name,
        arrayFilter(
          (each, isCopy) -> each.at >= start
            AND each.at < end
            AND NOT isCopy
            AND (each.isServer OR NOT isServerOnly)
            AND each.at >= firstAt - toleranceOf(each, firstClock, firstReceivedAt),
          events,
          areCopies(events, doubtful, start, end)
        )
      ) AS names
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
  -- q = 0: a row for whom is counted. q > 0: a row for each goal that was reached.
  answers AS (
    SELECT
      * EXCEPT (goals, names, sourceGroup),
      arrayJoin(arrayPushFront(
        if(empty(names), [], arrayMap(goal -> goal.1, arrayFilter(goal -> has(names, goal.2), goals))),
        toUInt32(0)
      )) AS q,
      if(q = 0, sourceGroup, 0) AS sourceGroup
    FROM reached
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
