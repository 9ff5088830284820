-- Writes what counting takes of exposures, a file for each part. Continues events.sql.
  exposuresOfParts AS (
    SELECT
      user, eventId, flagKey, ruleId, variationId, countedAt, receivedAt, clock, isServer, isVerified,
      isUnverified, sourceId, unitAttribute, unitId, file
    FROM projected
    WHERE kind = 'exposure' AND variationId != ''
  )
SELECT *
FROM exposuresOfParts
SETTINGS
  max_partitions_per_insert_block = 0,
  output_format_compression_level = 1 -- it is written once, but a first count waits for it
