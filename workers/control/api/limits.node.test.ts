// Every text, list and record that the admin API takes has a limit, and it is one that has a name. Derived
// from the schemas of all routes and entities: a field without a limit cannot be added unnoticed.
import { expect, it } from 'vitest'
import * as z from 'zod'
import { Command } from '../../../core/change/command.ts'
import { Document, documentEntriesMax } from '../../../core/change/document/schema.ts'
import { entitySchemas } from '../../../core/model/environment-state.ts'
import * as limits from '../../../core/model/limits.ts'
import { routes } from './route-list.ts'

interface Schema {
  readonly [name: string]: unknown
  readonly type?: string
  readonly maxLength?: number
  readonly maxItems?: number
  readonly properties?: Record<string, Schema>
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
}

/** What has no limit, by where it is. */
function unlimited(schema: Schema, at: string, found: string[] = []): string[] {
  const closed = ['enum', 'const', 'pattern', 'format', '$ref'].some((name) => name in schema)
  if (schema.type === 'string' && schema.maxLength === undefined && !closed) found.push(at)
  if (schema.type === 'array' && schema.maxItems === undefined) found.push(`${at}[]`)
  if (typeof schema.additionalProperties === 'object') {
    found.push(`${at}{}`)
    unlimited(schema.additionalProperties, `${at}.*`, found)
  }
  for (const [name, each] of Object.entries(schema.properties ?? {})) unlimited(each, `${at}.${name}`, found)
  if (schema.items) unlimited(schema.items, at, found)
  for (const name of ['anyOf', 'oneOf', 'allOf', '$defs'])
    for (const each of Object.values((schema[name] ?? {}) as Record<string, Schema>))
      unlimited(each, at, found)
  return found
}
const bounds = (schema: Schema): number[] =>
  Object.entries(schema).flatMap(([name, value]) =>
    name === 'maxLength' || name === 'maxItems'
      ? [value as number]
      : typeof value === 'object' && value !== null
        ? bounds(value as Schema)
        : [],
  )

const toSchema = (type: z.ZodType) =>
  z.toJSONSchema(type, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Schema
const inputs: [string, Schema][] = [
  ...routes.flatMap(({ id, body, query }): [string, Schema][] => [
    ...(body ? [[id, toSchema(body)] as [string, Schema]] : []),
    ...(query ? [[`${id}?`, toSchema(query)] as [string, Schema]] : []),
  ]),
  ...Object.entries(entitySchemas).map(([kind, type]): [string, Schema] => [kind, toSchema(type)]),
  ...Command.options.map((option): [string, Schema] => [option.shape.kind.value, toSchema(option)]),
]

/** What the schemas do not bound by themselves, and what does. */
const otherwise: readonly [RegExp, string][] = [
  [/^restore(?:-environment)?\.entities\.value\{\}$/, 'an entity is parsed by the schema of its kind'],
  [/^restore-backup-rows\.rows\{\}$/, 'a row has the columns of its table, or is refused'],
  [
    /^import-(bucketeer|flagship-io)\./,
    'the body’s bytes; what is made of the file is held to the limits of entities',
  ],
  [/^store-result/, 'the body’s bytes (resultBytesMax): a newer runner may add to a result'],
  [/^evaluate\.contexts\.attributes/, 'the body’s bytes, and the steps of an evaluation'],
  [
    /\.metadata\{\}$|\.phases\.arms\{\}$|^apply\.document\.\w+\{\}$|-member\.environments\{\}$/,
    'a check of its own: see below',
  ],
  [/\.valueSchema\{\}$/, 'the characters of the whole schema (core/change/value-schema/read-schema.ts)'],
  [
    /\.members\.list$|\.(refusal|conflict|cause|lastRun|lastFiring)\.reason$|\.phases\.weights\{\}$/,
    'the system: it writes it',
  ],
]

it('is in every schema of the admin API, of entities and of commands', () => {
  expect(inputs.length).toBeGreaterThan(100)
  const all = [...new Set(inputs.flatMap(([name, schema]) => unlimited(schema, name)))]
  expect(all.filter((at) => !otherwise.some(([pattern]) => pattern.test(at))).toSorted()).toEqual([])
  for (const [pattern, reason] of otherwise)
    expect([reason, all.some((at) => pattern.test(at))]).toEqual([reason, true])
})

it('has a name', () => {
  const named = new Set([
    ...Object.values(limits).flatMap((each) => (typeof each === 'number' ? each : Object.values(each))),
    documentEntriesMax,
    400, // kind and id of an entity, in a filter of the audit trail (routes/audit.ts)
    2, // a pair
    3, // user, rule and variation of a kept assignment
  ])
  const unnamed = inputs.flatMap(([name, schema]) =>
    bounds(schema)
      .filter((bound) => !named.has(bound))
      .map((bound) => `${name}: ${bound}`),
  )
  expect([...new Set(unnamed)].toSorted()).toEqual([])
})

const text = (length: number) => 'x'.repeat(length)
const list = <T>(length: number, make: (i: number) => T) => Array.from({ length }, (_, i) => make(i))
const record = (length: number, value: unknown) => Object.fromEntries(list(length, (i) => [`k${i}`, value]))

const clause = { attribute: 'a', operator: 'in', values: ['v'] }
const strategy = { kind: 'fixed', variationId: 'a' }
const rule = { anyOf: [[clause]], strategy }
const variation = (i: number) => ({ id: i === 0 ? 'a' : `v${i}`, value: 'x' })
const flag = (changes: object) => ({
  key: 'f',
  type: 'string',
  variations: [variation(0)],
  defaultStrategy: { strategy },
  ...changes,
})
const goal = (changes: object) => ({ key: 'g', ...changes })
const experiment = (changes: object) => ({
  flagKey: 'f',
  goalKeys: ['g'],
  baselineVariationId: 'a',
  ...changes,
})
const trigger = (changes: object) => ({ flagKey: 'f', action: 'turn-off', ...changes })
const webhook = (changes: object) => ({ url: 'https://example.com/', ...changes })
const operation = (changes: object) => ({
  kind: 'event-rate',
  flagKey: 'f',
  variationId: 'a',
  goalKey: 'g',
  comparison: 'at-least',
  threshold: 0.5,
  minimumUsers: 10,
  ...changes,
})
const schedule = (changes: object) => ({ flagKey: 'f', changes: { enabled: true }, at: 5, ...changes })
const member = (changes: object) => ({ email: 'a@example.com', ...changes })
const token = (changes: object) => ({ name: 't', role: 'viewer', ...changes })

/** A route, the limit of one of its fields, and the body with so many. */
const cases: [id: string, what: string, limit: number, body: (size: number) => object][] = [
  ['create-flag', 'key', limits.keyLengthMax, (n) => flag({ key: text(n) })],
  ['create-flag', 'name', limits.nameLengthMax, (n) => flag({ name: text(n) })],
  ['create-flag', 'description', limits.descriptionLengthMax, (n) => flag({ description: text(n) })],
  ['create-flag', 'maintainer', limits.nameLengthMax, (n) => flag({ maintainer: text(n) })],
  ['create-flag', 'seed', limits.keyLengthMax, (n) => flag({ seed: text(n) })],
  ['create-flag', 'slug', limits.keyLengthMax, (n) => flag({ slug: text(n) })],
  ['create-flag', 'campaignId', limits.keyLengthMax, (n) => flag({ campaignId: text(n) })],
  ['create-flag', 'bucketBy', limits.keyLengthMax, (n) => flag({ bucketBy: text(n) })],
  ['create-flag', 'variations', limits.variationsMax, (n) => flag({ variations: list(n, variation) })],
  [
    'create-flag',
    'a value',
    limits.variationValueLengthMax,
    (n) => flag({ variations: [{ id: 'a', value: text(n) }] }),
  ],
  ['create-flag', 'rules', limits.rulesMax, (n) => flag({ rules: list(n, () => rule) })],
  [
    'create-flag',
    'groups',
    limits.groupsPerRuleMax,
    (n) => flag({ rules: [{ ...rule, anyOf: list(n, () => [clause]) }] }),
  ],
  [
    'create-flag',
    'clauses',
    limits.clausesPerGroupMax,
    (n) => flag({ rules: [{ ...rule, anyOf: [list(n, () => clause)] }] }),
  ],
  [
    'create-flag',
    'values',
    limits.valuesPerClauseMax,
    (n) => flag({ rules: [{ ...rule, anyOf: [[{ ...clause, values: list(n, String) }]] }] }),
  ],
  [
    'create-flag',
    'a value of a clause',
    limits.valueLengthMax,
    (n) => flag({ rules: [{ ...rule, anyOf: [[{ ...clause, values: [text(n)] }]] }] }),
  ],
  [
    'create-flag',
    'an attribute',
    limits.keyLengthMax,
    (n) => flag({ rules: [{ ...rule, anyOf: [[{ ...clause, attribute: text(n) }]] }] }),
  ],
  [
    'create-flag',
    'targets',
    limits.variationsMax,
    (n) => flag({ targets: list(n, () => ({ variationId: 'a', targetingKeys: [] })) }),
  ],
  [
    'create-flag',
    'targeting keys',
    limits.targetingKeysPerTargetMax,
    (n) => flag({ targets: [{ variationId: 'a', targetingKeys: list(n, String) }] }),
  ],
  [
    'create-flag',
    'a targeting key',
    limits.valueLengthMax,
    (n) => flag({ targets: [{ variationId: 'a', targetingKeys: [text(n)] }] }),
  ],
  [
    'create-flag',
    'prerequisites',
    limits.prerequisitesMax,
    (n) => flag({ prerequisites: list(n, (i) => ({ flagKey: `p${i}`, variationId: 'a' })) }),
  ],
  ['create-flag', 'tags', limits.tagsMax, (n) => flag({ tags: list(n, String) })],
  ['create-flag', 'a tag', limits.keyLengthMax, (n) => flag({ tags: [text(n)] })],
  [
    'create-flag',
    'slices',
    limits.slicesMax,
    (n) => flag({ slices: list(n, (i) => ({ from: i, to: i + 1 })) }),
  ],
  ['create-flag', 'metadata', limits.metadataMax, (n) => flag({ metadata: record(n, 1) })],
  [
    'create-flag',
    'a name of metadata',
    limits.metadataNameLengthMax,
    (n) => flag({ metadata: { [text(n)]: 1 } }),
  ],
  [
    'create-flag',
    'a text of metadata',
    limits.metadataValueLengthMax,
    (n) => flag({ metadata: { a: text(n) } }),
  ],
  ['update-flag', 'metadata', limits.metadataMax, (n) => ({ metadata: record(n, 1) })],
  ['create-segment', 'key', limits.keyLengthMax, (n) => ({ key: text(n) })],
  ['create-segment', 'description', limits.descriptionLengthMax, (n) => ({ key: 's', description: text(n) })],
  [
    'create-segment',
    'listed members',
    limits.segmentMembersMax,
    (n) => ({ key: 's', included: list(n, String) }),
  ],
  ['create-segment', 'a member', limits.valueLengthMax, (n) => ({ key: 's', included: [text(n)] })],
  [
    'create-segment',
    'groups',
    limits.groupsPerRuleMax,
    (n) => ({ key: 's', anyOf: list(n, () => [clause]) }),
  ],
  ['create-goal', 'name', limits.nameLengthMax, (n) => goal({ name: text(n) })],
  ['create-goal', 'event', limits.valueLengthMax, (n) => goal({ event: text(n) })],
  [
    'create-experiment',
    'goals',
    limits.goalsPerExperimentMax,
    (n) => experiment({ goalKeys: list(n, (i) => `g${i}`) }),
  ],
  ['create-experiment', 'name', limits.nameLengthMax, (n) => experiment({ name: text(n) })],
  ['create-operation', 'id', limits.keyLengthMax, (n) => operation({ id: text(n) })],
  ['create-trigger', 'name', limits.nameLengthMax, (n) => trigger({ name: text(n) })],
  ['create-schedule', 'name', limits.nameLengthMax, (n) => schedule({ name: text(n) })],
  [
    'move-dynamic-allocation',
    'arms of a phase',
    limits.allocationArmsMax,
    (n) => ({ until: 1, phases: [{ startAt: 0, arms: record(n, { users: 1, goals: 0 }) }] }),
  ],
  ['create-tag', 'key', limits.keyLengthMax, (n) => ({ key: text(n) })],
  [
    'create-webhook',
    'url',
    limits.urlLengthMax,
    (n) => webhook({ url: `https://example.com/${text(n - 20)}` }),
  ],
  [
    'create-webhook',
    'events',
    limits.webhookEventsMax,
    (n) => webhook({ events: list(n, () => 'flag.updated') }),
  ],
  ['create-webhook', 'tags', limits.tagsMax, (n) => webhook({ tags: list(n, String) })],
  ['create-sdk-key', 'name', limits.nameLengthMax, (n) => ({ role: 'client', name: text(n) })],
  ['create-member', 'name', limits.nameLengthMax, (n) => member({ name: text(n) })],
  ['create-member', 'environments', limits.grantsMax, (n) => member({ environments: record(n, 'viewer') })],
  ['update-member', 'environments', limits.grantsMax, (n) => ({ environments: record(n, 'viewer') })],
  ['create-token', 'name', limits.nameLengthMax, (n) => token({ name: text(n) })],
  ['create-token', 'environments', limits.grantsMax, (n) => token({ environments: list(n, (i) => `e${i}`) })],
  ['create-project', 'description', limits.descriptionLengthMax, (n) => ({ id: 'p', description: text(n) })],
  ['create-environment', 'name', limits.nameLengthMax, (n) => ({ id: 'e', name: text(n) })],
  [
    'create-organisation',
    'name',
    limits.nameLengthMax,
    (n) => ({ id: 'o', name: text(n), owner: 'a@example.com' }),
  ],
]

it.each(cases)('%s takes %s up to the limit and not one more', (id, _, limit, body) => {
  const parse = (size: number) => routes.find((route) => route.id === id)!.body!.safeParse(body(size))
  expect(parse(limit).error?.issues).toBeUndefined()
  expect(parse(limit + 1).success).toBe(false)
})

it.each(['tags', 'segments', 'goals', 'experiments', 'operations', 'flags'])(
  'a document takes %s up to the limit and not one more',
  (kind) => {
    const entry = {
      tags: {},
      segments: {},
      goals: {},
      experiments: { flagKey: 'f', goalKeys: ['g'], baselineVariationId: 'a' },
      operations: operation({}),
      flags: { type: 'string', variations: [variation(0)], defaultStrategy: { strategy } },
    }[kind]
    const parse = (size: number) => Document.safeParse({ [kind]: record(size, entry) })
    expect(parse(documentEntriesMax).error?.issues).toBeUndefined()
    expect(parse(documentEntriesMax + 1).success).toBe(false)
  },
)
