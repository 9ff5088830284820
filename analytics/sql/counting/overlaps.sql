-- Users whom two experiments count: a row for each pair and variation of each that have some. Of an
-- incremental count, what that adds (of-files.sql). Continues
-- outcomes.sql, whose questions have one goal at most.
--
-- {pairs}: the numbers of two questions, x and y. A pair follows the links of both windows, and the times
-- between, so it has scopes of its own; those of a question here are those of its pairs.
-- converted: reached the goal of x, since the first exposure to it; otherConverted: that of y, likewise.
, wanted AS (
    SELECT groupArray((x, y, scopes)) AS pairs
    FROM format(JSONEachRow, 'x UInt32, y UInt32, scopes Array(UInt32)', {pairs:String})
  ),
  -- By the number of the question; 0: not counted by it.
  met AS (
    SELECT
      side,
      counted,
      groupArrayInsertAtIf(toUInt64(0))(variation, x, q = 0) AS variations,
      groupArrayInsertAtIf(toUInt8(0))(toUInt8(1), x, q > 0) AS goalsReached
    FROM answers
    WHERE isCounted
    GROUP BY side, counted
    HAVING uniqExact(x) > 1
  ),
  inPairs AS (
    SELECT
      side,
      variations,
      goalsReached,
      arrayJoin(arrayFilter(
        pair -> variations[pair.1 + 1] != 0
          AND variations[pair.2 + 1] != 0
          AND (scopedPersons.scope = 0 OR has(pair.3, scopedPersons.scope)),
        (SELECT pairs FROM wanted)
      )) AS pair
    FROM met
    LEFT JOIN (SELECT DISTINCT person, scope FROM links WHERE scope != 0) AS scopedPersons ON person = counted
  ),
  cells AS (
    SELECT
      pair.1 AS x,
      pair.2 AS y,
      variations[x + 1] AS variation,
      variations[y + 1] AS otherVariation,
      sum(side) AS users,
      sum(side * goalsReached[x + 1]) AS converted,
      sum(side * goalsReached[y + 1]) AS otherConverted
    FROM inPairs
    GROUP BY x, y, variation, otherVariation
  )
SELECT
  x,
  y,
  variationNames.variationId AS variationId,
  otherNames.variationId AS otherVariationId,
  users,
  converted,
  otherConverted
FROM cells
LEFT JOIN variationNames ON variationNames.variation = cells.variation
LEFT JOIN variationNames AS otherNames ON otherNames.variation = cells.otherVariation
ORDER BY x, y, variationId, otherVariationId
SETTINGS output_format_json_quote_64bit_integers = 0
