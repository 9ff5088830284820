  false AS isByUnit,
  exposed AS (
    SELECT
      side,
      x,
      person AS counted,
      variation,
      mayCount,
      place + if(mayCount, toUInt256(0), bitShiftLeft(toUInt256(1), 255)) AS place
    FROM matched
  ),
  goalsOfCounted AS (
    SELECT side AS goalSide, toUInt32(0) AS goalOwner, person AS goalCounted, events, doubtful
    FROM goalLists
  ),
