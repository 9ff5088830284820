// The columns of the files that counting writes for itself, as ClickHouse's file() is told them.

const text = 'LowCardinality(String)'

/** Of counting/prepare.sql: `projected` of counting/events.sql. */
export const preparedColumns = [
  `sides Array(Int8), kind ${text}, targetingKey String, user UInt64, eventId UInt64, flagKey ${text}`,
  `ruleId ${text}, variationId ${text}, event ${text}, countedAt Int64, receivedAt Int64, clock UInt32`,
  `isServer Bool, isVerified Bool, isUnverified Bool, sourceId UInt64, unitAttribute ${text}, unitId UInt64`,
  'value Float64, contentId UInt64, previousKey String',
].join(', ')

/** Of counting/project-exposures.sql. */
export const exposureColumns = [
  `user UInt64, eventId UInt64, flagKey ${text}, ruleId ${text}, variationId ${text}, countedAt Int64`,
  'receivedAt Int64, clock UInt32, isServer Bool, isVerified Bool, isUnverified Bool, sourceId UInt64',
  `unitAttribute ${text}, unitId UInt64, file ${text}`,
].join(', ')

/** Of counting/project-goals.sql. */
export const goalColumns = [
  `user UInt64, eventId UInt64, event ${text}, countedAt Int64, receivedAt Int64, clock UInt32`,
  `isServer Bool, value Float64, contentId UInt64, file ${text}`,
].join(', ')

/** Of link-rows.ts, in RowBinary; on a server, in JSON. */
export const linkColumns =
  'side Int8, user UInt64, person UInt64, scope UInt32, component UInt32, isChanged Bool'

/** Of counting/outcomes.sql. */
export const contributionColumns = [
  'x UInt32, q UInt32, variationId String, sourceGroup UInt16, users Int64, verifiedUsers Int64',
  'unverifiedUsers Int64, usersInTwoVariations Int64, usersWithoutUnit Int64',
].join(', ')
