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
  -- Of each who is counted: their goal events, copies of one beside each other, the first one first.
  goalLists AS (
    SELECT
      goalSide,
      goalOwner,
      goalCounted,
      arraySort(groupArray((
        goalId, goalReceivedAt, goalAt, goalClock, contentId, value, isServerGoal,
        indexOf({events:Array(String)}, goalEvent)
      ))) AS events
    FROM goalEvents
    GROUP BY goalSide, goalOwner, goalCounted
  ),
  -- q = 0: a row for whom is counted. q > 0: a row for each goal, of those who have events.
  answers AS (
    SELECT
      * EXCEPT (goals, events),
      arrayJoin(arrayConcat([(toUInt32(0), toUInt64(0))], if(empty(events), [], goals))) AS goal,
      goal.1 AS q,
      arrayFilter(
        each -> each.8 = goal.2 AND each.3 >= start AND each.3 < end AND (each.7 OR NOT isServerOnly),
        if(goal.1 = 0, [], events)
      ) AS asked
    FROM firsts
    INNER JOIN (
      SELECT
        x,
        counts = 'server' AS isServerOnly,
        start,
        end,
        arrayMap(each -> (each.1, indexOf({events:Array(String)}, each.2)), goals) AS goals
      FROM asked
    ) AS questions USING (x)
    LEFT JOIN goalLists ON goalCounted = counted AND goalOwner = owner AND goalSide = side
  ),
  reached AS (
    SELECT
      * EXCEPT (asked),
      arraySort(
        each -> (each.5, each.3, each.6, each.4),
        arrayFilter(
          (each, last) -> each.1 != last
            AND each.3 >= firstAt - multiIf(
              each.4 = firstClock AND firstClock != 1, 0,
              each.4 > 1 OR firstClock > 1, {clockSkewMaxMs:Int64},
              each.2 = firstReceivedAt, 0, -- one request, whose delay is in both
              {requestDelayMaxMs:Int64}
            ),
          asked,
          arrayPopBack(arrayPushFront(asked.1, bitNot(asked[1].1)))
        )
      ) AS events
    FROM answers
  ),
  outcomes AS (
    SELECT
      *,
      arraySum(
        (each, lastContent, lastAt) -> if(
          each.5 != 0 AND each.5 = lastContent AND each.3 - lastAt <= {sameWithinMs:Int64},
          0., each.6 -- a copy
        ),
        events,
        arrayPopBack(arrayPushFront(events.5, toUInt64(0))),
        arrayPopBack(arrayPushFront(events.3, toInt64(0)))
      ) AS userValue
    FROM reached
    WHERE q = 0 OR notEmpty(events)
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
