-- The goal events of each person, with what is known of their copies. Continues linked.sql or unlinked.sql.
--
-- Events of a user with one name are copies if they have one id, or equal content and times at most
-- {sameWithinMs} apart. Of those that a question sees, one is the event, wherever it counts: the first that
-- came with a server key, so that nobody else can put another in its place, or else the first that was
-- received. The others are not, whatever their times say.
--
-- A question sees copies from {copyHorizonMs} before its start until its end, so that it does not matter what
-- else is asked, or which objects the lake has them in; {from} is the earliest start.
--
-- doubtful: of a person who may have copies, all events, so that the one that is the event comes first. They
-- are the first ones of `events`. `run` is the same for copies by content. Most people have no copies:
-- `doubtful` is empty, and looking for copies costs nothing.
--
-- One step a query: ClickHouse writes an expression out wherever its name stands, and took two seconds to
-- read all of it in one.
  goalsOfPerson AS (
    SELECT
      side,
      person,
      groupArray(CAST(
        (
          cityHash64(event), countedAt, receivedAt, clock, isServer, value, eventId,
          if(contentId = 0, eventId, cityHash64(person, contentId))
        ),
        'Tuple(name UInt64, at Int64, receivedAt Int64, clock UInt32, isServer Bool, value Float64, id UInt64,
         run UInt64)'
      )) AS received
    FROM goalsOfPeople
    WHERE event IN (SELECT arrayJoin({events:Array(String)})) AND countedAt >= {from:Int64} - {copyHorizonMs:Int64}
    GROUP BY side, person
  ),
  goalsByRun AS (
    SELECT
      side,
      person,
      received,
      arraySort(
        each -> (each.name, each.run, each.at),
        if(
          arrayUniq(arrayMap(each -> each.run, received)) < length(received)
            OR arrayUniq(arrayMap(each -> each.id, received)) < length(received),
          received,
          []
        )
      ) AS byRun
    FROM goalsOfPerson
  ),
  -- Copies by content follow each other in time; after a gap come others.
  goalsInRuns AS (
    SELECT
      side,
      person,
      received,
      byRun,
      arrayCumSum(arrayMap(
        (each, last) -> each.name != last.name
          OR each.run != last.run
          OR each.at - last.at > {sameWithinMs:Int64},
        byRun,
        arrayPopBack(arrayPushFront(byRun, byRun[1]))
      )) AS runs
    FROM goalsByRun
  ),
  goalLists AS (
    SELECT
      side,
      person,
      arraySort(
        each -> (NOT each.isServer, each.receivedAt, each.at, each.id, each.clock, each.value),
        arrayMap(
          (each, run) -> CAST(
            (
              each.name, each.at, each.receivedAt, each.clock, each.isServer, each.value, each.id,
              cityHash64(person, run)
            ),
            'Tuple(name UInt64, at Int64, receivedAt Int64, clock UInt32, isServer Bool, value Float64, id UInt64,
             run UInt64)'
          ),
          byRun,
          runs
        )
      ) AS doubtful,
      if(empty(byRun), received, doubtful) AS events
    FROM goalsInRuns
  ),
  -- For each of the events: whether it is a copy of another one that a question sees, which begins and ends
  -- at these times.
  (events, doubtful, start, end) -> arrayResize(
    arrayMap(
      (ofId, ofRun) -> ofId > 1 OR ofRun > 1,
      arrayEnumerateUniq(
        doubtful.name,
        doubtful.id,
        arrayMap(each -> each.at >= start - {copyHorizonMs:Int64} AND each.at < end, doubtful)
      ),
      arrayEnumerateUniq(
        doubtful.run,
        arrayMap(each -> each.at >= start - {copyHorizonMs:Int64} AND each.at < end, doubtful)
      )
    ),
    length(events)
  ) AS areCopies,
  -- How much an event may seem to precede an exposure.
  (event, clock, receivedAt) -> multiIf(
    event.clock = clock AND clock != 1, 0,
    event.clock > 1 OR clock > 1, {clockSkewMaxMs:Int64},
    event.receivedAt = receivedAt, 0, -- one request, whose delay is in both
    {requestDelayMaxMs:Int64}
  ) AS toleranceOf,
