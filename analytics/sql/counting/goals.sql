-- The goal events of each person, with what is known of their copies. Continues linked.sql or unlinked.sql.
--
-- Events of a user with one name are copies if they have one id, or equal content and times at most
-- {sameWithinMs} apart. One of them is the event, wherever it counts: the first that came with a server key,
-- so that nobody else can put another in its place, or else the first that was received. The others are not,
-- whatever their times say.
--
-- copyTimes: for each event, when the copy before it counts. A question looks for copies from
-- {copyHorizonMs} before its start on, so that it does not matter what else is asked; {from} is the earliest
-- start.
--
-- One step a query: ClickHouse writes an expression out wherever its name stands, and took two seconds to
-- read all of it in one.
  goalsOfPerson AS (
    SELECT
      side,
      person,
      groupArray(CAST(
        (cityHash64(event), countedAt, receivedAt, clock, isServer, value, eventId, contentId),
        'Tuple(name UInt64, at Int64, receivedAt Int64, clock UInt32, isServer Bool, value Float64, id UInt64,
         content UInt64)'
      )) AS received
    FROM goalsOfPeople
    WHERE has({events:Array(String)}, event) AND countedAt >= {from:Int64} - {copyHorizonMs:Int64}
    GROUP BY side, person
  ),
  -- Most people have no copies: `doubtful` is empty, and the rest costs nothing.
  doubtedGoals AS (
    SELECT
      side,
      person,
      received,
      if(
        arrayUniq(arrayMap(each -> if(each.content = 0, each.id, each.content), received)) < length(received),
        received,
        []
      ) AS doubtful
    FROM goalsOfPerson
  ),
  goalsByContent AS (
    SELECT
      side,
      person,
      received,
      arraySort(
        each -> (each.name, each.content, each.at, each.receivedAt, each.id, each.clock, each.value),
        doubtful
      ) AS byContent
    FROM doubtedGoals
  ),
  -- Copies by content follow each other in time; after a gap come others.
  goalsInGroups AS (
    SELECT
      side,
      person,
      received,
      byContent,
      arrayCumSum(arrayMap(
        (each, last, place) -> place = 1
          OR each.content = 0
          OR each.name != last.name
          OR each.content != last.content
          OR each.at - last.at > {sameWithinMs:Int64},
        byContent,
        arrayPopBack(arrayPushFront(byContent, byContent[1])),
        arrayEnumerate(byContent)
      )) AS groups
    FROM goalsByContent
  ),
  goalsByGroup AS (
    SELECT
      side,
      person,
      received,
      groups,
      arraySort(
        (each, own) -> (own, NOT each.isServer, each.receivedAt, each.at, each.id, each.clock, each.value),
        byContent,
        groups
      ) AS byGroup
    FROM goalsInGroups
  ),
  goalsById AS (
    SELECT
      side,
      person,
      received,
      arraySort(
        pair -> (
          pair.1.name, pair.1.id, NOT pair.1.isServer, pair.1.receivedAt, pair.1.at, pair.1.clock,
          pair.1.content, pair.1.value
        ),
        arrayZip(
          byGroup,
          arrayMap(
            (last, own, lastGroup) -> if(own = lastGroup, last.at, toInt64(-9223372036854775807)),
            arrayPopBack(arrayPushFront(byGroup, byGroup[1])),
            groups,
            arrayPopBack(arrayPushFront(groups, 0))
          )
        )
      ) AS byId
    FROM goalsByGroup
  ),
  goalLists AS (
    SELECT
      side,
      person,
      if(empty(byId), received, arrayMap(pair -> pair.1, byId)) AS events,
      if(
        empty(byId),
        arrayWithConstant(length(received), toInt64(-9223372036854775807)),
        arrayMap(
          (pair, last, place) -> if(
            place > 1 AND pair.1.name = last.1.name AND pair.1.id = last.1.id,
            greatest(pair.2, last.1.at),
            pair.2
          ),
          byId,
          arrayPopBack(arrayPushFront(byId, byId[1])),
          arrayEnumerate(byId)
        )
      ) AS copyTimes
    FROM goalsById
  ),
