-- Writes what counting takes of a part's goals to a file of its own. Continues events.sql.
  goalsOfPart AS (
    SELECT user, eventId, event, countedAt, receivedAt, clock, isServer, value, contentId
    FROM projected
    WHERE kind = 'tracking'
  )
SELECT *
FROM goalsOfPart
SETTINGS output_format_compression_level = 1
