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
  goalEvents AS (
    SELECT
      side AS goalSide,
      toUInt32(0) AS goalOwner,
      person AS goalCounted,
      event AS goalEvent,
      eventId AS goalId,
      countedAt AS goalAt,
      receivedAt AS goalReceivedAt,
      clock AS goalClock,
      isServer AS isServerGoal,
      value,
      contentId
    FROM goalsOfPeople
    WHERE has({events:Array(String)}, event) AND countedAt >= {from:Int64}
  ),
