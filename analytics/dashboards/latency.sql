-- 95 % of the requests of a minute took at most so many milliseconds, by protocol.
SELECT
  intDiv(toUInt32(timestamp), 60) * 60 AS t,
  blob1 AS label,
  quantileExactWeighted(0.95)(double3, _sample_interval) AS p95
FROM tackline_requests
WHERE index1 = '$environment'
  AND timestamp >= toDateTime(${__from:date:seconds})
  AND timestamp < toDateTime(${__to:date:seconds})
GROUP BY t, label
ORDER BY t
