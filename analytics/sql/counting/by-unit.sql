  -- A rollout that splits by an attribute: its value (the unit) is counted instead of the user. A unit's
  -- first exposure decides, and the goals of all its users count for it. A user's unit is that of the first
  -- exposure that names one, whether it may count or not.
  true AS isByUnit,
  owned AS (
    SELECT
      *,
      argMinIf(ownUnit, place, ownUnit != 0) OVER (PARTITION BY side, x, person) AS userUnit,
      ownUnit = 0 AND userUnit = 0 AS hasNoUnit,
      multiIf(ownUnit != 0, ownUnit, userUnit != 0, userUnit, cityHash64('without', person)) AS counted
    FROM matched
  ),
  exposed AS (
    SELECT
      side,
      x,
      counted,
      variation,
      mayCount,
      place
        + if(mayCount, toUInt256(0), bitShiftLeft(toUInt256(1), 255))
        + if(hasNoUnit, 4, 0) AS place
    FROM owned
  ),
  goalsOfCounted AS (
    SELECT
      goal.side AS goalSide,
      goal.x AS goalOwner,
      goal.counted AS goalCounted,
      groupArrayArray(goalLists.doubtful) AS doubtful,
      arrayConcat(doubtful, groupArrayArrayIf(goalLists.events, empty(goalLists.doubtful))) AS events
    FROM goalLists
    INNER JOIN (
      SELECT DISTINCT side, x, person, if(userUnit != 0, userUnit, cityHash64('without', person)) AS counted
      FROM owned
    ) AS goal ON goal.person = goalLists.person AND goal.side = goalLists.side
    GROUP BY goalSide, goalOwner, goalCounted
  ),
