-- Writes what counting takes of goals, a file for each part. Continues events.sql.
  goalsOfParts AS (
    SELECT user, eventId, event, countedAt, receivedAt, clock, isServer, value, contentId, file
    FROM projected
    WHERE kind = 'tracking'
  )
SELECT *
FROM goalsOfParts
SETTINGS max_partitions_per_insert_block = 0, output_format_compression_level = 1
