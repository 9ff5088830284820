-- Users whom two experiments count: a row for each pair and variation of each that have some. Of an
-- incremental count, what that adds (of-files.sql). Continues
-- outcomes.sql, whose questions have one goal at most.
--
-- {pairs}: the numbers of two questions, x and y. A pair follows the links of both windows, and the times
-- between, so it has scopes of its own; those of a question here are those of its pairs.
-- converted: reached the goal of x, since the first exposure to it; otherConverted: that of y, likewise.
, wanted AS (
    SELECT *
    FROM format(JSONEachRow, 'x UInt32, y UInt32, scopes Array(UInt32)', {pairs:String})
  ),
  -- What the questions that count a user say: a row of `answers` each.
  met AS (
    SELECT side, counted, groupArray((x, q, variation)) AS rows
    FROM answers
    WHERE isCounted
    GROUP BY side, counted
    HAVING uniqExact(x) > 1
  ),
  -- Each row beside each other one of the same user.
  besideEachOther AS (
    SELECT side, counted, mine.1 AS x, mine.2 AS q, mine.3 AS variation, other
    FROM (SELECT side, counted, rows, mine FROM met ARRAY JOIN rows AS mine)
    ARRAY JOIN rows AS other
  ),
  inPairs AS (
    SELECT side, counted, x, q, variation, other.1 AS y, other.2 AS otherQ, other.3 AS otherVariation
    FROM besideEachOther
    WHERE (x, y) IN (SELECT x, y FROM wanted)
  ),
  cells AS (
    SELECT
      x,
      y,
      variation,
      otherVariation,
      sumIf(side, q = 0 AND otherQ = 0) AS users,
      sumIf(side, q > 0 AND otherQ = 0) AS converted,
      sumIf(side, q = 0 AND otherQ > 0) AS otherConverted
    FROM inPairs
    LEFT JOIN (SELECT DISTINCT person, scope FROM links WHERE scope != 0) AS scopedPersons ON person = counted
    WHERE scope = 0 OR (x, y, scope) IN (SELECT x, y, arrayJoin(scopes) FROM wanted)
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
