-- Requests a minute that were not answered with OK, by outcome.
SELECT
  intDiv(toUInt32(timestamp), 60) * 60 AS t,
  blob2 AS label,
  sum(_sample_interval) AS requests
FROM tackline_requests
WHERE index1 = '$environment'
  AND timestamp >= toDateTime(${__from:date:seconds})
  AND timestamp < toDateTime(${__to:date:seconds})
  AND blob2 != 'OK'
GROUP BY t, label
ORDER BY t
