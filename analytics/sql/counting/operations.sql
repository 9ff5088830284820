-- The facts of each event-rate operation. Continues `WITH totals AS (merge.sql)`, or totals.sql.
--
-- Users without a server key from one source count for so many users at most, with the share of them that
-- reached the goal; 0: all count. usersOverLimit are those that do not count.
, limits AS (SELECT * FROM format(JSONEachRow, 'x UInt32, sourceUsersMax Int64', {limits:String})),
  bySource AS (
    SELECT
      x,
      sumIf(totals.users, q = 0) AS users,
      sumIf(totals.users, q = 1) AS usersWithGoal,
      sumIf(totals.verifiedUsers, q = 0) AS verified,
      sumIf(totals.unverifiedUsers, q = 0) AS unverified,
      if(any(sourceUsersMax) = 0 OR sourceId = 0, users, least(users, any(sourceUsersMax))) AS counted
    FROM totals INNER JOIN limits USING (x)
    GROUP BY x, sourceId
  )
SELECT
  x,
  toInt64(sum(counted)) AS exposedUsers,
  toInt64(sum(if(users = 0, 0, round(usersWithGoal * counted / users)))) AS goalUsers,
  toInt64(sum(verified)) AS verifiedUsers,
  toInt64(sum(unverified)) AS unverifiedUsers,
  toInt64(sum(users) - sum(counted)) AS usersOverLimit
FROM bySource
GROUP BY x
ORDER BY x
SETTINGS output_format_json_quote_64bit_integers = 0
