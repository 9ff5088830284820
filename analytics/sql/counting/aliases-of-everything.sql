-- The aliases of a count in one statement. Continues events.sql; aliases.sql continues it.
  aliases AS (SELECT * FROM projected WHERE kind = 'alias')
