// Every size and count has a limit, and the limit has a name.

export const keyLengthMax = 100
export const nameLengthMax = 200
export const descriptionLengthMax = 2_000
export const variationsMax = 100
export const variationValueLengthMax = 100_000
export const rulesMax = 100
export const groupsPerRuleMax = 50
export const clausesPerGroupMax = 50
export const valuesPerClauseMax = 10_000
export const valueLengthMax = 1_000
export const targetingKeysPerTargetMax = 10_000
export const prerequisitesMax = 50
export const tagsMax = 50
export const segmentMembersMax = 100_000
export const goalsPerExperimentMax = 10
/** Of an entity as JSON text. D1's rows hold 2 MB, and a change keeps what was beside what is. */
export const entityBytesMax = 900_000
/** How long a rotated SDK key may stay good beside the new one: 90 days. */
export const overlapMsMax = 90 * 24 * 60 * 60 * 1000
export const webhookEventsMax = 100
export const urlLengthMax = 2_000
/** ECMAScript: the last millisecond that a date can tell. */
export const epochMsMax = 8_640_000_000_000_000
export const commentLengthMax = 1_000

export const slicesMax = 20
/** Of a rollout whose changes kept visitors; past it they lie in the order of their shares again. */
export const piecesMax = 300
/** Bucketeer: the weights of a rollout are thousandths of a percent. */
export const weightTotal = 100_000
/** One percent of `weightTotal`: the step of `percent` allocation. */
export const weightPerPercent = 1_000
