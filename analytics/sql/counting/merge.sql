-- What several counts contributed, added up.
SELECT
  x,
  q,
  variationId,
  sourceGroup,
  sum(contributed.users) AS users,
  sum(contributed.verifiedUsers) AS verifiedUsers,
  sum(contributed.unverifiedUsers) AS unverifiedUsers,
  sum(contributed.usersInTwoVariations) AS usersInTwoVariations,
  sum(contributed.usersWithoutUnit) AS usersWithoutUnit
FROM file({contributions:String}, 'Native', {contributionColumns:String}) AS contributed
GROUP BY x, q, variationId, sourceGroup
