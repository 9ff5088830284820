-- The first link of each anonymous id: whom it became known as. Continues aliases-of-change.sql or
-- aliases-of-everything.sql.
SELECT
  arrayJoin(sides) AS side,
  toString(sipHash64(previousKey)) AS previous,
  previousKey,
  toString(user) AS known,
  targetingKey AS knownKey,
  countedAt AS linkedAt
FROM aliases
WHERE previousKey != '' AND previousKey != targetingKey
ORDER BY side, previousKey, countedAt, receivedAt, eventId
LIMIT 1 BY side, previousKey
SETTINGS output_format_json_quote_64bit_integers = 0
