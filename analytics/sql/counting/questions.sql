-- The questions and the exposures that each of them counts. Continues of-change.sql or of-everything.sql;
-- continued by by-user.sql or by-unit.sql, then by outcomes.sql.
  -- An experiment asks for exposures by one rule, and for its goals.
  asked AS (
    SELECT *
    FROM format(
      JSONEachRow,
      'x UInt32, askedFlag String, rule String, askedUnit String, counts String, start Int64, end Int64,
       goals Array(Tuple(q UInt32, event String))',
      {questions:String}
    )
  ),
  -- Whoever is linked to a known user counts as that one.
  people AS (
    SELECT sided.*, if(links.person = 0, sided.user, links.person) AS person
    FROM (
      SELECT * EXCEPT (sides), arrayJoin(sides) AS side
      FROM events
      WHERE {slices:UInt8} = 1 OR user % {slices:UInt8} = {slice:UInt8}
    ) AS sided
    LEFT JOIN links ON links.user = sided.user AND links.side = sided.side
    WHERE {linked:String} = 'all' OR ({linked:String} = 'only') = (links.person != 0)
  ),
  matched AS (
    SELECT
      side,
      x,
      person,
      eventId,
      variationId,
      countedAt,
      receivedAt,
      clock,
      isVerified,
      isUnverified,
      counts = 'all' OR isServer OR (counts = 'verified' AND isVerified) AS mayCount,
      sourceId,
      if(askedUnit = unitAttribute, unitId, 0) AS ownUnit,
      -- Sorts by time, then receipt, then id.
      bitShiftLeft(toUInt128(countedAt + {timeOffset:Int64}), 79)
        + bitShiftLeft(toUInt128(least(receivedAt - countedAt, 4294967295)), 47)
        + bitShiftRight(eventId, 17)
        + if(mayCount, 0, bitShiftLeft(toUInt128(1), 127)) AS place
    FROM people
    INNER JOIN asked ON askedFlag = flagKey
    WHERE kind = 'exposure'
      AND has({flags:Array(String)}, flagKey)
      AND countedAt >= start
      AND countedAt < end
      AND ruleId = rule
      AND variationId != ''
  ),
  -- Delivery is at least once. If copies differ, the one received first counts.
  exposures AS (
    SELECT *
    FROM matched
    ORDER BY person, eventId, x, side, receivedAt, countedAt, variationId, clock, isVerified, sourceId
    LIMIT 1 BY side, x, person, eventId
  ),
