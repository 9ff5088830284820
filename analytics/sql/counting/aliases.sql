-- The links of anonymous ids to known ones, each pair once, in order of time. Continues aliases-of-change.sql
-- or aliases-of-everything.sql. Ids are hashes; batch/counting/links.ts says which links count.
SELECT toInt64(arrayJoin(sides)) AS side, sipHash64(previousKey) AS previous, user AS known
FROM aliases
WHERE previousKey != '' AND previousKey != targetingKey
ORDER BY side, countedAt, previousKey, receivedAt, eventId
LIMIT 1 BY side, previous, known
