-- The first link of each anonymous id: whom it became known as. Continues count-events.sql.
  aliases AS (
    SELECT * FROM projected WHERE kind = 'alias'
    UNION ALL
    SELECT * FROM file({prepared:String}, 'Native', {preparedColumns:String}) WHERE kind = 'alias'
  )
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
