-- What users did whom a holdout held back, and the others: a row for each question (a holdout and a goal) and
-- group that has users. Of an incremental count, what that adds (of-files.sql). Continues goals.sql.
--
-- A user counts once, in the group of the first exposure by a rule that the holdout holds, or by the rule
-- that holds back from it, since the rule came under the holdout. Whoever a layer or another holdout keeps
-- out of the rule counts as well: both are part of what the others get. goals: users with a goal event from
-- that exposure on; the tolerance between clocks is that of outcomes.sql.
  asked AS (
    SELECT *
    FROM format(JSONEachRow, 'x UInt32, goal String, start Int64, until Int64', {holdouts:String})
  ),
  rules AS (
    SELECT *
    FROM format(
      JSONEachRow,
      'owner UInt32, askedFlag String, rule String, holdingRule String, since Int64, scopes Array(UInt32)',
      {holdoutRules:String}
    )
  ),
  firsts AS (
    SELECT
      side,
      owner,
      person,
      argMin(
        (ruleId = holdingRule, countedAt, receivedAt, clock),
        (countedAt, receivedAt, eventId)
      ) AS first
    FROM exposuresOfPeople
    INNER JOIN rules ON askedFlag = flagKey
    WHERE flagKey IN (SELECT arrayJoin({flags:Array(String)}))
      AND countedAt >= since
      AND (scope = 0 OR has(scopes, scope))
      AND (
        ruleId = rule
        OR ruleId = holdingRule
        OR ((startsWith(ruleId, 'layer:') OR startsWith(ruleId, 'holdout:')) AND endsWith(ruleId, concat(':', rule)))
      )
    GROUP BY side, owner, person
  ),
  outcomes AS (
    SELECT
      firsts.side AS side,
      x,
      first.1 AS isHeldOut,
      first.2 AS exposedAt,
      arrayExists(
        (each, isCopy) -> each.name = cityHash64(goal)
          AND NOT isCopy
          AND each.at >= start
          AND each.at < until
          AND each.at >= exposedAt - toleranceOf(each, first.4, first.3),
        events,
        areCopies(events, doubtful, start, until)
      ) AS hasGoal
    FROM firsts
    INNER JOIN asked ON intDiv(x, {goalsMax:UInt32}) = owner
    LEFT JOIN goalLists ON goalLists.person = firsts.person AND goalLists.side = firsts.side
    WHERE exposedAt < until
  )
SELECT x, toUInt8(isHeldOut) AS heldOut, sum(side) AS users, sumIf(side, hasGoal) AS converted
FROM outcomes
GROUP BY x, heldOut
ORDER BY x, heldOut
SETTINGS output_format_json_quote_64bit_integers = 0
