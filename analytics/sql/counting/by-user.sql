  exposed AS (SELECT *, person AS counted, toUInt32(0) AS owner, false AS hasNoUnit FROM exposures),
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
    FROM people
    WHERE kind = 'tracking' AND has({events:Array(String)}, event) AND countedAt >= {from:Int64}
  ),
