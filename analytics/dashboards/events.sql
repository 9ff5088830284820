-- Events a minute that ingest stored, by kind.
SELECT
  intDiv(toUInt32(timestamp), 60) * 60 AS t,
  blob1 AS label,
  sum(_sample_interval * double1) AS events
FROM tackline_events
WHERE index1 = '$environment'
  AND timestamp >= toDateTime(${__from:date:seconds})
  AND timestamp < toDateTime(${__to:date:seconds})
GROUP BY t, label
ORDER BY t
