  -- A rollout that splits by an attribute: its value (the unit) is counted instead of the user. A unit's
  -- first exposure decides, and the goals of all its users count for it. A user's unit is that of the first
  -- exposure that names one.
  owned AS (
    SELECT
      *,
      argMinIf(ownUnit, place, ownUnit != 0) OVER (PARTITION BY side, x, person) AS userUnit,
      ownUnit = 0 AND userUnit = 0 AS hasNoUnit,
      multiIf(ownUnit != 0, ownUnit, userUnit != 0, userUnit, cityHash64('without', person)) AS counted,
      x AS owner
    FROM (
      -- The first one that names a unit, whether it may count or not.
      SELECT * REPLACE (bitAnd(place, bitNot(bitShiftLeft(toUInt128(1), 127))) AS place)
      FROM exposures
    )
  ),
  exposed AS (
    SELECT * REPLACE (place + if(mayCount, 0, bitShiftLeft(toUInt128(1), 127)) AS place) FROM owned
  ),
  goalEvents AS (
    SELECT
      goal.side AS goalSide,
      goal.x AS goalOwner,
      goal.counted AS goalCounted,
      event AS goalEvent,
      eventId AS goalId,
      countedAt AS goalAt,
      receivedAt AS goalReceivedAt,
      clock AS goalClock,
      isServer AS isServerGoal,
      value,
      contentId
    FROM people
    INNER JOIN (
      SELECT DISTINCT side, x, person, if(userUnit != 0, userUnit, cityHash64('without', person)) AS counted
      FROM owned
    ) AS goal ON goal.person = people.person AND goal.side = people.side
    WHERE kind = 'tracking' AND has({events:Array(String)}, event) AND countedAt >= {from:Int64}
  ),
