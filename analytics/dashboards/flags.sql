-- The flags with the most exposures.
SELECT
  blob3 AS flag,
  blob4 AS variation,
  sum(_sample_interval * double1) AS exposures
FROM tackline_events
WHERE index1 = '$environment'
  AND timestamp >= toDateTime(${__from:date:seconds})
  AND timestamp < toDateTime(${__to:date:seconds})
  AND blob1 = 'exposure'
GROUP BY flag, variation
ORDER BY exposures DESC
LIMIT 20
