-- Writes what counting takes of a part's exposures to a file of its own, which is read many times. Continues
-- events.sql.
  exposuresOfPart AS (
    SELECT
      user, eventId, flagKey, ruleId, variationId, countedAt, receivedAt, clock, isServer, isVerified,
      isUnverified, sourceId, unitAttribute, unitId
    FROM projected
    WHERE kind = 'exposure' AND variationId != ''
  )
SELECT *
FROM exposuresOfPart
SETTINGS output_format_compression_level = 1 -- it is written once, but a first count waits for it
