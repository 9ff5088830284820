-- Who was exposed, which of them reached which goal, and what that adds to the counts. Continues by-user.sql
-- or by-unit.sql.
  firsts AS (
    SELECT
      side,
      x,
      owner,
      counted,
      any(exposed.hasNoUnit) AS hasNoUnit,
      argMin(exposed.variationId, place) AS variationId,
      argMin(exposed.countedAt, place) AS firstAt,
      argMin(exposed.receivedAt, place) AS firstReceivedAt,
      argMin(exposed.clock, place) AS firstClock,
      argMin(exposed.isVerified, place) AS isVerified,
      argMin(exposed.isUnverified, place) AS isUnverified,
      argMin(exposed.sourceId, place) AS sourceId,
      max(exposed.mayCount) AND NOT hasNoUnit AS isCounted,
      minIf(cityHash64(exposed.variationId), exposed.mayCount)
        != maxIf(cityHash64(exposed.variationId), exposed.mayCount) AS isInTwoVariations
    FROM exposed
    GROUP BY side, x, owner, counted
  ),
  -- q = 0: a row for whom is counted. q > 0: a row for each of their goal events that goal q asks for.
  answers AS (
    SELECT
      * EXCEPT (goals, counts, start, end),
      arrayJoin(arrayConcat(
        [toUInt32(0)],
        if(
          goalEvent != '' AND goalAt >= start AND goalAt < end AND (counts != 'server' OR isServerGoal),
          arrayMap(goal -> goal.1, arrayFilter(goal -> goal.2 = goalEvent, goals)),
          []
        )
      )) AS q
    FROM firsts
    INNER JOIN (SELECT x, goals, counts, start, end FROM asked) AS asked USING (x)
    LEFT JOIN goalEvents ON goalCounted = counted AND goalOwner = owner AND goalSide = side
  ),
  goalsOnce AS (
    SELECT *
    FROM answers
    ORDER BY counted, q, if(q = 0, 0, goalId) AS askedGoalId, x, owner, side, goalReceivedAt, goalAt, goalClock, contentId, value
    LIMIT 1 BY counted, q, askedGoalId, x, owner, side
  ),
  reached AS (
    SELECT
      *,
      contentId != 0
        AND contentId = lagInFrame(contentId, 1, 0) OVER copiesOfOne
        AND goalAt - lagInFrame(goalAt, 1, 0) OVER copiesOfOne <= {sameWithinMs:Int64} AS isCopy
    FROM goalsOnce
    WHERE q = 0
      OR goalAt >= firstAt - multiIf(
        goalClock = firstClock AND goalClock != 1, 0,
        goalClock > 1 OR firstClock > 1, {clockSkewMaxMs:Int64},
        goalReceivedAt = firstReceivedAt, 0, -- one request, whose delay is in both
        {requestDelayMaxMs:Int64}
      )
    WINDOW copiesOfOne AS (PARTITION BY side, x, owner, counted, q ORDER BY contentId, goalAt, value, goalClock)
  ),
  outcomes AS (
    SELECT
      side,
      x,
      owner,
      counted,
      q,
      any(reached.variationId) AS variationId,
      any(reached.hasNoUnit) AS hasNoUnit,
      any(reached.isVerified) AS isVerified,
      any(reached.isUnverified) AS isUnverified,
      any(reached.sourceId) AS sourceId,
      any(reached.isCounted) AS isCounted,
      any(reached.isInTwoVariations) AS isInTwoVariations,
      sumIf(value, NOT isCopy) AS userValue
    FROM reached
    GROUP BY side, x, owner, counted, q
  ),
  contributions AS (
    SELECT
      x,
      q,
      variationId,
      if(q = 0, sourceId, 0) AS sourceId,
      sumIf(side, isCounted) AS users,
      sumIf(side, isVerified AND isCounted) AS verifiedUsers,
      sumIf(side, isUnverified AND NOT hasNoUnit) AS unverifiedUsers,
      sumIf(side, isCounted AND isInTwoVariations) AS usersInTwoVariations,
      sumIf(side, hasNoUnit) AS usersWithoutUnit,
      sumIf(side * userValue, isCounted) AS valueSum,
      sumIf(side * userValue * userValue, isCounted) AS valueSumOfSquares
    FROM outcomes
    GROUP BY x, q, variationId, sourceId
  )
