-- The events of the users whom an incremental count looks at (concerned.sql), from wherever they are, as
-- preparedColumns. They are few, and every statement of the count reads them: projections are read once.
WITH
  concerned AS (SELECT user FROM file({users:String}, 'Native', 'user UInt64')),
  exposuresOfConcerned AS (
    SELECT [toInt8(1)] AS sides, *
    FROM file({addedExposures:String}, 'Native', {exposureColumns:String})
    WHERE flagKey IN (SELECT arrayJoin({flags:Array(String)})) AND user IN (SELECT user FROM concerned)
    UNION ALL
    SELECT [toInt8(-1), toInt8(1)] AS sides, *
    FROM file({keptExposures:String}, 'Native', {exposureColumns:String})
    WHERE flagKey IN (SELECT arrayJoin({flags:Array(String)})) AND user IN (SELECT user FROM concerned)
    UNION ALL
    SELECT [toInt8(-1)] AS sides, *
    FROM file({removedExposures:String}, 'Native', {exposureColumns:String})
    WHERE flagKey IN (SELECT arrayJoin({flags:Array(String)})) AND user IN (SELECT user FROM concerned)
  ),
  goalsOfConcerned AS (
    SELECT [toInt8(1)] AS sides, *
    FROM file({addedGoals:String}, 'Native', {goalColumns:String})
    WHERE event IN (SELECT arrayJoin({events:Array(String)})) AND user IN (SELECT user FROM concerned)
    UNION ALL
    SELECT [toInt8(-1), toInt8(1)] AS sides, *
    FROM file({keptGoals:String}, 'Native', {goalColumns:String})
    WHERE event IN (SELECT arrayJoin({events:Array(String)})) AND user IN (SELECT user FROM concerned)
    UNION ALL
    SELECT [toInt8(-1)] AS sides, *
    FROM file({removedGoals:String}, 'Native', {goalColumns:String})
    WHERE event IN (SELECT arrayJoin({events:Array(String)})) AND user IN (SELECT user FROM concerned)
  )
SELECT *
FROM file({prepared:String}, 'Native', {preparedColumns:String})
WHERE kind != 'alias' AND user IN (SELECT user FROM concerned)
UNION ALL
SELECT
  sides, toLowCardinality('exposure') AS kind, '' AS targetingKey, user, eventId, flagKey, ruleId, variationId,
  toLowCardinality('') AS event, countedAt, receivedAt, clock, isServer, isVerified, isUnverified, sourceId,
  unitAttribute, unitId, 0. AS value, toUInt64(0) AS contentId, '' AS previousKey
FROM exposuresOfConcerned
UNION ALL
SELECT
  sides, toLowCardinality('tracking') AS kind, '' AS targetingKey, user, eventId, toLowCardinality('') AS flagKey,
  toLowCardinality('') AS ruleId, toLowCardinality('') AS variationId, event, countedAt, receivedAt, clock,
  isServer, false AS isVerified, false AS isUnverified, toUInt64(0) AS sourceId,
  toLowCardinality('') AS unitAttribute, toUInt64(0) AS unitId, value, contentId, '' AS previousKey
FROM goalsOfConcerned
