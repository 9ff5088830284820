-- What counting takes of a record, with numbers in place of long texts. Continues raw-records.sql,
-- part-records.sql or all-records.sql.
--
-- `sides` says in which count a record is: 1, the one that is asked for; -1, the one of the run before. Both:
-- what was there then and is now. A full count has the first side only. An event counts no later than it was
-- received: a clock that runs ahead does not move it into the future. `file` is the name of a part.
  projected AS (
    SELECT
      file,
      sides,
      kind,
      targetingKey,
      sipHash64(targetingKey) AS user, -- as compact-split.sql has it
      -- Identifies the event of a user, and sorts by the first two bytes of the id.
      bitOr(
        bitShiftLeft(toUInt64(reinterpretAsUInt16(reverse(toFixedString(substring(id, 1, 2), 2)))), 48),
        bitShiftRight(cityHash64(targetingKey, id), 16)
      ) AS eventId,
      flagKey,
      ruleId,
      variationId,
      event,
      least(at, receivedAt) AS countedAt,
      receivedAt,
      -- Whose time it is. 0: edge's, at receipt. 1: edge's at receipt, less what the client says the event
      -- waited. Others: a client's.
      multiIf(
        protocol = 'flagship-io', toUInt32(1),
        protocol = 'ofrep' AND at >= receivedAt, toUInt32(0),
        greatest(toUInt32(bitXor(cityHash64(protocol), bitRotateLeft(cityHash64(sdk), 1))), 2)
      ) AS clock,
      keyKind = 'server' AS isServer,
      verified OR keyKind = 'server' AS isVerified,
      v > 1 AND NOT (verified OR keyKind = 'server') AS isUnverified,
      if(keyKind = 'server' OR source = '', 0, cityHash64(source)) AS sourceId,
      unitAttribute,
      if(unit = '', 0, cityHash64(unit)) AS unitId,
      value,
      if(content = '', 0, cityHash64(content)) AS contentId,
      previousKey
    FROM records
    WHERE targetingKey != '' -- anonymous events would count as one user
  ),
