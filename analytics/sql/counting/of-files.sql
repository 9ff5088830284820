-- The beginning of a count whose records were projected to files. questions.sql continues it, after
-- linked.sql or unlinked.sql.
--
-- An incremental count reads all events of those users alone who have new events. They count once as they
-- were (side -1), once as they are (side 1), and the difference is added to what was known.
WITH
  concerned AS (SELECT user FROM file({users:String}, 'Native', 'user UInt64')),
  sidedExposures AS (
    SELECT
      arrayJoin(sides) AS side,
      user, eventId, flagKey, ruleId, variationId, countedAt, receivedAt, clock, isServer, isVerified,
      isUnverified, sourceId, unitAttribute, unitId
    FROM file({prepared:String}, 'Native', {preparedColumns:String})
    WHERE kind = 'exposure' AND ({isFull:Bool} OR user IN (SELECT user FROM concerned))
    UNION ALL
    SELECT
      side,
      user, eventId, flagKey, ruleId, variationId, countedAt, receivedAt, clock, isServer, isVerified,
      isUnverified, sourceId, unitAttribute, unitId
    FROM (
      SELECT toInt8(1) AS side, *
      FROM file({addedExposures:String}, 'Native', {exposureColumns:String})
      WHERE {isFull:Bool} OR user IN (SELECT user FROM concerned)
      UNION ALL
      SELECT arrayJoin([toInt8(-1), toInt8(1)]) AS side, *
      FROM file({keptExposures:String}, 'Native', {exposureColumns:String})
      WHERE NOT {isFull:Bool} AND user IN (SELECT user FROM concerned)
      UNION ALL
      SELECT toInt8(-1) AS side, *
      FROM file({removedExposures:String}, 'Native', {exposureColumns:String})
      WHERE NOT {isFull:Bool} AND user IN (SELECT user FROM concerned)
    )
  ),
  sidedGoals AS (
    SELECT
      arrayJoin(sides) AS side,
      user, eventId, event, countedAt, receivedAt, clock, isServer, value, contentId
    FROM file({prepared:String}, 'Native', {preparedColumns:String})
    WHERE kind = 'tracking' AND ({isFull:Bool} OR user IN (SELECT user FROM concerned))
    UNION ALL
    SELECT
      side,
      user, eventId, event, countedAt, receivedAt, clock, isServer, value, contentId
    FROM (
      SELECT toInt8(1) AS side, *
      FROM file({addedGoals:String}, 'Native', {goalColumns:String})
      WHERE {isFull:Bool} OR user IN (SELECT user FROM concerned)
      UNION ALL
      SELECT arrayJoin([toInt8(-1), toInt8(1)]) AS side, *
      FROM file({keptGoals:String}, 'Native', {goalColumns:String})
      WHERE NOT {isFull:Bool} AND user IN (SELECT user FROM concerned)
      UNION ALL
      SELECT toInt8(-1) AS side, *
      FROM file({removedGoals:String}, 'Native', {goalColumns:String})
      WHERE NOT {isFull:Bool} AND user IN (SELECT user FROM concerned)
    )
  ),
  links AS (
    SELECT side, user, person, scope FROM file({links:String}, 'RowBinary', {linkColumns:String})
  ),
