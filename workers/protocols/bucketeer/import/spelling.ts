// Bucketeer's files in their other spellings: protobuf's original names (snake_case), and exports of its
// REST API, where a single flag is `feature`, and the users of segments are one list.

/** The same in the shape of `FeatureList`. What is not an object stays as it is. */
export function respell(file: unknown): unknown {
  const { feature, users, ...list } = asObject(camelCased(file)) ?? {}
  if (asObject(file) === undefined) return file
  return {
    ...list,
    ...(feature !== undefined && list['features'] === undefined && { features: [feature] }),
    ...(Array.isArray(users) && list['segmentUsers'] === undefined && { segmentUsers: bySegment(users) }),
  }
}

const asObject = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined

/** Like protojson, which takes both names. If both are there, the camelCase one counts. */
function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased)
  const object = asObject(value)
  if (!object) return value
  const fields = new Map<string, unknown>()
  for (const [name, field] of Object.entries(object)) {
    const camel = name.replaceAll(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    if (camel === name || !Object.hasOwn(object, camel)) fields.set(camel, camelCased(field))
  }
  return Object.fromEntries(fields)
}

/** The answer of `list_segment_users`: each user names its segment. */
function bySegment(users: readonly unknown[]): object[] {
  const segments = new Map<unknown, unknown[]>()
  for (const user of users) {
    const segmentId = asObject(user)?.['segmentId']
    const members = segments.get(segmentId)
    if (members) members.push(user)
    else segments.set(segmentId, [user])
  }
  return [...segments].map(([segmentId, members]) => ({ segmentId, users: members }))
}
