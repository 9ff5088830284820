-- The aliases of a count whose raw objects are prepared in files. Continues events.sql; aliases.sql continues
-- it.
  aliases AS (
    SELECT * EXCEPT (file) FROM projected WHERE kind = 'alias'
    UNION ALL
    SELECT * FROM file({prepared:String}, 'Native', {preparedColumns:String}) WHERE kind = 'alias'
  )
