-- Whom an experiment counted by what their first exposure says, and how many of them reached each goal: a row
-- for each attribute, value, variation and goal (0: all who are counted). Continues outcomes.sql, with one
-- question.
--
-- {attributes}: names of attributes of an exposure, or of what else is known of it (`exposure.day`, ...).
--   attribute is their place, from 1 on. An exposure without the attribute has the value ''.
-- {valuesMax}: of each attribute, the values with the most users; NULL: all others together.
, reaching AS (
    SELECT toUInt128(bitShiftRight(place, 128)) AS firstOne, variation, q
    FROM answers
    WHERE isCounted
  ),
  described AS (
    SELECT
      -- Time, receipt and id, as questions.sql and events.sql have them.
      bitShiftLeft(toUInt128(least(at, receivedAt) + {timeOffset:Int64}), 79)
        + bitShiftLeft(toUInt128(least(receivedAt - least(at, receivedAt), 4294967295)), 47)
        + bitShiftRight(
          bitOr(
            bitShiftLeft(toUInt64(reinterpretAsUInt16(reverse(toFixedString(substring(id, 1, 2), 2)))), 48),
            bitShiftRight(cityHash64(targetingKey, id), 16)
          ),
          17
        ) AS describedOne,
      arrayMap(
        name -> multiIf(
          name = 'exposure.protocol', toString(protocol),
          name = 'exposure.sdk', toString(sdk),
          name = 'exposure.revision', toString(revision),
          name = 'exposure.verified', if(verified OR keyKind = 'server', 'true', 'false'),
          name = 'exposure.day',
            formatDateTime(fromUnixTimestamp64Milli(least(at, receivedAt), 'UTC'), '%F'),
          attributes[name]
        ),
        {attributes:Array(String)}
      ) AS texts
    FROM records
    WHERE kind = 'exposure' AND targetingKey != '' AND flagKey IN (SELECT arrayJoin({flags:Array(String)}))
  ),
  -- Several only if copies of one exposure came at one moment.
  told AS (
    SELECT describedOne, min(texts) AS texts
    FROM described
    GROUP BY describedOne
  ),
  byValue AS (
    SELECT attribute, value, variation, q, count() AS users
    FROM reaching
    LEFT JOIN told ON describedOne = firstOne
    ARRAY JOIN
      arrayEnumerate({attributes:Array(String)}) AS attribute,
      arrayResize(texts, length({attributes:Array(String)}), '') AS value
    GROUP BY attribute, value, variation, q
  ),
  valued AS (
    SELECT *, sum(if(q = 0, users, 0)) OVER (PARTITION BY attribute, value) AS usersOfValue
    FROM byValue
  ),
  ranked AS (
    SELECT *, dense_rank() OVER (PARTITION BY attribute ORDER BY usersOfValue DESC, value) AS rank
    FROM valued
  ),
  segments AS (
    SELECT
      attribute,
      if(rank <= {valuesMax:UInt32}, value, NULL) AS segment,
      variation,
      q,
      sum(users) AS users
    FROM ranked
    GROUP BY attribute, segment, variation, q
  )
SELECT attribute, segment, variationNames.variationId AS variationId, q, users
FROM segments
LEFT JOIN variationNames ON variationNames.variation = segments.variation
ORDER BY attribute, segment, variationId, q
SETTINGS output_format_json_quote_64bit_integers = 0
