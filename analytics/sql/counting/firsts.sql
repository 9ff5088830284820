-- The first exposure of each who is counted. Exposures that may not count come last: without any other, they
-- say who was left out. Continues by-user.sql or by-unit.sql; continued by outcomes.sql or metric.sql.
  -- Copies of an exposure change nothing here, so they are not looked for.
  places AS (
    SELECT
      side,
      x,
      counted,
      min(exposed.place) AS place,
      -- Equal if there is one variation only.
      groupBitAnd(if(mayCount, variation, bitNot(toUInt64(0)))) != groupBitOr(if(mayCount, variation, 0))
        AS hasSeveral
    FROM exposed
    GROUP BY side, x, counted
  ),
  firsts AS (
    SELECT
      side,
      x,
      if(isByUnit, x, toUInt32(0)) AS owner,
      counted,
      place,
      toUInt64(bitShiftRight(place, 64)) AS variation,
      toInt64(bitAnd(toUInt64(bitShiftRight(place, 207)), 281474976710655)) - {timeOffset:Int64} AS firstAt,
      firstAt + toUInt32(bitShiftRight(place, 175)) AS firstReceivedAt,
      toUInt64(place) AS rest,
      toUInt32(bitShiftRight(rest, 32)) AS firstClock,
      toUInt16(bitShiftRight(rest, 16)) AS sourceGroup,
      bitTest(rest, 2) AS hasNoUnit,
      bitTest(rest, 1) AS isVerified,
      bitTest(rest, 0) AS isUnverified,
      bitShiftRight(place, 255) = 0 AND NOT hasNoUnit AS isCounted,
      isCounted AND hasSeveral AS isInTwoVariations
    FROM places
  ),
