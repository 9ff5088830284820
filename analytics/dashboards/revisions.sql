-- Decisions a minute, by the revision that made them: how fast changes reach edge.
SELECT
  intDiv(toUInt32(timestamp), 60) * 60 AS t,
  blob4 AS label,
  sum(_sample_interval * double1) AS decisions
FROM tackline_requests
WHERE index1 = '$environment'
  AND timestamp >= toDateTime(${__from:date:seconds})
  AND timestamp < toDateTime(${__to:date:seconds})
  AND double1 > 0
GROUP BY t, label
ORDER BY t
