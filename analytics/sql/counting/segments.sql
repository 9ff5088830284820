-- Whom an experiment counted by what their first exposure says, and how many of them reached each goal: a row
-- for each attribute, value, variation and goal (0: all who are counted). Continues outcomes.sql, with one
-- question.
--
-- {attributes}: names of attributes of an exposure, or of what else is known of it (`exposure.day`, ...).
--   attribute is their place, from 1 on. An exposure without the attribute has the value ''.
-- {valuesMax}: of each attribute, the values with the most users; NULL: all others together.
, firstEvents AS (
    SELECT counted AS firstCounted, argMin(exposed.eventId, place) AS firstEvent
    FROM exposed
    GROUP BY counted
  ),
  described AS (
    SELECT
      -- As events.sql has it.
      bitOr(
        bitShiftLeft(toUInt64(reinterpretAsUInt16(reverse(toFixedString(substring(id, 1, 2), 2)))), 48),
        bitShiftRight(cityHash64(targetingKey, id), 16)
      ) AS describedEvent,
      receivedAt,
      arrayMap(
        name -> multiIf(
          name = 'exposure.protocol', protocol,
          name = 'exposure.sdk', sdk,
          name = 'exposure.revision', toString(revision),
          name = 'exposure.verified', if(verified OR keyKind = 'server', 'true', 'false'),
          name = 'exposure.day',
            formatDateTime(fromUnixTimestamp64Milli(least(at, receivedAt), 'UTC'), '%F'),
          attributes[name]
        ),
        {attributes:Array(String)}
      ) AS texts
    FROM records
    WHERE kind = 'exposure' AND targetingKey != '' AND has({flags:Array(String)}, flagKey)
  ),
  -- If copies differ, the one received first counts.
  told AS (
    SELECT describedEvent, min((receivedAt, texts)).2 AS texts
    FROM described
    WHERE describedEvent IN (SELECT firstEvent FROM firstEvents)
    GROUP BY describedEvent
  ),
  byValue AS (
    SELECT attribute, value, variationId, q, count() AS users
    FROM (
      SELECT variationId, q, firstEvent
      FROM outcomes
      INNER JOIN firstEvents ON firstCounted = counted
      WHERE isCounted
    ) AS reaching
    LEFT JOIN told ON describedEvent = firstEvent
    ARRAY JOIN
      arrayEnumerate({attributes:Array(String)}) AS attribute,
      arrayResize(texts, length({attributes:Array(String)}), '') AS value
    GROUP BY attribute, value, variationId, q
  ),
  ranked AS (
    SELECT
      attribute AS rankedAttribute,
      value AS rankedValue,
      row_number() OVER (
        PARTITION BY attribute
        ORDER BY sumIf(users, q = 0) DESC, value
      ) AS rank
    FROM byValue
    GROUP BY attribute, value
  )
SELECT
  attribute,
  if(rank <= {valuesMax:UInt32}, value, NULL) AS segment,
  variationId,
  q,
  sum(users) AS users
FROM byValue
INNER JOIN ranked ON rankedAttribute = attribute AND rankedValue = value
GROUP BY attribute, segment, variationId, q
ORDER BY attribute, segment, variationId, q
SETTINGS output_format_json_quote_64bit_integers = 0
