-- What is kept of an incremental count. Continues outcomes.sql.
SELECT *
FROM contributions
WHERE users != 0 OR verifiedUsers != 0 OR unverifiedUsers != 0 OR usersInTwoVariations != 0
  OR usersWithoutUnit != 0
