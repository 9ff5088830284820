-- Where no user is linked to another one. Continues of-files.sql or of-everything.sql.
  exposuresOfPeople AS (
    SELECT *, user AS person, toUInt32(0) AS scope
    FROM sidedExposures
    WHERE {slices:UInt8} = 1 OR user % {slices:UInt8} = {slice:UInt8}
  ),
  goalsOfPeople AS (
    SELECT *, user AS person
    FROM sidedGoals
    WHERE {slices:UInt8} = 1 OR user % {slices:UInt8} = {slice:UInt8}
  ),
