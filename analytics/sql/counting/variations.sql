-- One row for each question, goal (0: none) and variation. Continues `WITH totals AS (merge.sql)`, or
-- totals.sql.
SELECT
  x,
  q,
  variationId,
  sum(totals.users) AS users,
  sum(totals.verifiedUsers) AS verifiedUsers,
  sum(totals.unverifiedUsers) AS unverifiedUsers,
  sum(totals.usersInTwoVariations) AS usersInTwoVariations,
  sum(totals.usersWithoutUnit) AS usersWithoutUnit,
  sum(totals.valueSum) AS valueSum,
  sum(totals.valueSumOfSquares) AS valueSumOfSquares,
  max(if(sourceId = 0, 0, totals.users)) AS sourceUsers
FROM totals
GROUP BY x, q, variationId
ORDER BY x, q, variationId
SETTINGS output_format_json_quote_64bit_integers = 0
