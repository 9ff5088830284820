-- One row for each question, goal (0: none) and variation. Continues `WITH totals AS (merge.sql)`, or
-- totals.sql. sourceUsers: no address has more users.
SELECT
  x,
  q,
  variationId,
  sum(totals.users) AS users,
  sum(totals.verifiedUsers) AS verifiedUsers,
  sum(totals.unverifiedUsers) AS unverifiedUsers,
  sum(totals.usersInTwoVariations) AS usersInTwoVariations,
  sum(totals.usersWithoutUnit) AS usersWithoutUnit,
  max(if(sourceGroup = 0, 0, totals.users)) AS sourceUsers
FROM totals
GROUP BY x, q, variationId
ORDER BY x, q, variationId
SETTINGS output_format_json_quote_64bit_integers = 0
