-- Whoever is linked to a known user counts as that one. A question counts the exposures whose `scope` is 0 or
-- one of its own: a user whom questions link to different persons has a row for each of these persons, and
-- persons of two scopes are never the same. Continues of-files.sql or of-everything.sql.
-- {linked}: `all` users; `only` those who are linked to somebody; the ones `without` a link.
  exposuresOfPeople AS (
    SELECT sided.*, if(links.person = 0, sided.user, links.person) AS person, links.scope AS scope
    FROM (
      SELECT *
      FROM sidedExposures
      WHERE {slices:UInt8} = 1 OR user % {slices:UInt8} = {slice:UInt8}
    ) AS sided
    LEFT JOIN links ON links.user = sided.user AND links.side = sided.side
    WHERE {linked:String} = 'all' OR ({linked:String} = 'only') = (links.person != 0)
  ),
  goalsOfPeople AS (
    SELECT sided.*, if(links.person = 0, sided.user, links.person) AS person
    FROM (
      SELECT *
      FROM sidedGoals
      WHERE {slices:UInt8} = 1 OR user % {slices:UInt8} = {slice:UInt8}
    ) AS sided
    LEFT JOIN links ON links.user = sided.user AND links.side = sided.side
    WHERE {linked:String} = 'all' OR ({linked:String} = 'only') = (links.person != 0)
  ),
