-- How old the snapshots were that decided, in milliseconds: at most and on average in a minute.
SELECT
  intDiv(toUInt32(timestamp), 60) * 60 AS t,
  max(double2) AS most,
  sum(_sample_interval * double2) / sum(_sample_interval) AS average
FROM tackline_requests
WHERE index1 = '$environment'
  AND timestamp >= toDateTime(${__from:date:seconds})
  AND timestamp < toDateTime(${__to:date:seconds})
GROUP BY t
ORDER BY t
