-- The links of anonymous ids to known ones, in order of time. Continues aliases-of-change.sql or
-- aliases-of-everything.sql. Ids are hashes; batch/counting/link-scopes.ts says which links count for which
-- question. {linkFroms}: when the links begin that a question follows. Between two of them, a pair is needed
-- once.
SELECT toInt64(arrayJoin(sides)) AS side, sipHash64(previousKey) AS previous, user AS known, countedAt
FROM aliases
WHERE previousKey != '' AND previousKey != targetingKey
ORDER BY side, countedAt, previousKey, receivedAt, eventId
LIMIT 1 BY side, previous, known, arrayCount(since -> toInt64(since) <= countedAt, {linkFroms:Array(String)})
