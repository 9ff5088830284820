// The columns of the files that counting writes for itself, as ClickHouse's file() is told them.

/** Of counting/prepare.sql: `projected` of counting/events.sql. */
export const preparedColumns = [
  'sides Array(Int8), kind String, targetingKey String, user UInt64, eventId UInt64, flagKey String',
  'ruleId String, variationId String, event String, countedAt Int64, receivedAt Int64, clock UInt64',
  'isServer Bool, isVerified Bool, isUnverified Bool, sourceId UInt64, unitAttribute String, unitId UInt64',
  'value Float64, contentId UInt64, previousKey String',
].join(', ')

/** Of links.ts. */
export const linkColumns = 'side Int8, user UInt64, targetingKey String, person UInt64, isChanged Bool'

/** Of counting/outcomes.sql. */
export const contributionColumns = [
  'x UInt32, q UInt32, variationId String, sourceId UInt64, users Int64, verifiedUsers Int64',
  'unverifiedUsers Int64, usersInTwoVariations Int64, usersWithoutUnit Int64, valueSum Float64',
  'valueSumOfSquares Float64',
].join(', ')
