-- The questions and the exposures that each of them counts. Continues linked.sql or unlinked.sql; by-user.sql
-- or by-unit.sql continues it.
  -- An experiment asks for exposures by one rule, and for its goals.
  asked AS (
    SELECT *, cityHash64(askedFlag) AS flagHash, cityHash64(rule) AS ruleHash
    FROM format(
      JSONEachRow,
      'x UInt32, askedFlag String, rule String, askedUnit String, counts String, start Int64, end Int64,
       goals Array(Tuple(q UInt32, event String)), scopes Array(UInt32)',
      {questions:String}
    )
  ),
  variationNames AS (
    SELECT DISTINCT cityHash64(variationId) AS variation, toString(variationId) AS variationId
    FROM sidedExposures
    WHERE flagKey IN (SELECT arrayJoin({flags:Array(String)}))
  ),
  matched AS (
    SELECT
      side,
      x,
      person,
      cityHash64(variationId) AS variation,
      counts = 'all' OR isServer OR (counts = 'verified' AND isVerified) AS mayCount,
      if(askedUnit = unitAttribute, unitId, 0) AS ownUnit,
      -- One number is an exposure, so that the least one of a user is the first. From the left: time (48
      -- bits), receipt (32), id (47), then what firsts.sql reads of it: variation (64), clock (32),
      -- sourceGroup (16), isVerified and isUnverified. The first bit is for by-unit.sql and by-user.sql.
      bitShiftLeft(toUInt256(countedAt + {timeOffset:Int64}), 207)
        + bitShiftLeft(toUInt256(least(receivedAt - countedAt, 4294967295)), 175)
        + bitShiftLeft(toUInt256(bitShiftRight(eventId, 17)), 128)
        + bitShiftLeft(toUInt256(variation), 64)
        + bitShiftLeft(toUInt64(clock), 32)
        -- Addresses are counted in 4095 groups: a table of all of them would be as long as that of users.
        + bitShiftLeft(if(sourceId = 0, toUInt64(0), 1 + sourceId % 4095), 16)
        + if(isVerified, 2, 0)
        + if(isUnverified, 1, 0) AS place
    FROM exposuresOfPeople
    INNER JOIN asked ON flagHash = cityHash64(flagKey)
    WHERE flagKey IN (SELECT arrayJoin({flags:Array(String)}))
      AND cityHash64(ruleId) = ruleHash
      AND countedAt >= start
      AND countedAt < end
      AND (scope = 0 OR has(scopes, scope))
  ),
