// Every way in which a flag is written, with a value that does not fit its schema.
import { describe, expect, it } from 'vitest'
import { fixed, flag } from '../../../test/support/build/flags.ts'
import fc from '../../../test/support/build/fast-check.ts'
import { scaled } from '../../../test/support/build/scale.ts'
import { SimulatedEnvironment } from '../../../test/support/simulated-environment.ts'
import type { Flag } from '../../model/flag.ts'
import { buildSnapshot } from '../../model/snapshot.ts'
import { change } from '../change.ts'
import { Command } from '../command.ts'
import { toDocument } from '../document/export.ts'
import { valueSchemaProblems } from './flag-values.ts'

const start = Date.UTC(2026, 0, 1)
const schema = { type: 'object', required: ['size'], properties: { size: { type: 'integer', maximum: 9 } } }
const sized = (...sizes: (number | string)[]) =>
  sizes.map((size, i) => ({ id: `v${i}`, name: '', description: '', value: JSON.stringify({ size }) }))
const stored = flag({
  key: 'f',
  type: 'json',
  variations: sized(1, 2),
  valueSchema: schema,
  offVariationId: 'v0',
  defaultStrategy: { id: 'd', strategy: fixed('v0') },
})
const world = (first: Flag = stored) => new SimulatedEnvironment(start, [first])
const { version: _, createdAt: __, updatedAt: ___, archived: ____, ...draft } = stored
const { key: _____, ...entry } = draft
const schedule = (changes: object) => ({ id: 's', flagKey: 'f', at: start + 60_000, changes })

const writes: readonly (readonly [how: string, command: object, path: string])[] = [
  [
    'create',
    {
      kind: 'create-flag',
      flag: { ...draft, key: 'g', variations: sized(1, 10), defaultStrategy: { strategy: fixed('v0') } },
    },
    'variations.1.value',
  ],
  ['edit', { kind: 'update-flag', key: 'f', changes: { variations: sized('x', 1) } }, 'variations.0.value'],
  [
    'edit of the schema',
    { kind: 'update-flag', key: 'f', changes: { valueSchema: { required: ['colour'] } } },
    'variations.0.value',
  ],
  [
    'document',
    { kind: 'apply', document: { flags: { f: { ...entry, variations: sized(1, 10) } } } },
    'flags.f.variations.1.value',
  ],
  [
    'import that replaces',
    {
      kind: 'import',
      source: 'bucketeer',
      flags: [{ ...stored, valueSchema: undefined, variations: sized(1, 10) }],
      segments: [],
      sdkKeys: [],
      replace: true,
    },
    'flags.f.variations.1.value',
  ],
  [
    'schedule',
    { kind: 'create-schedule', schedule: schedule({ variations: sized(1, 10) }) },
    'changes.variations.1.value',
  ],
]

describe('a value that does not fit', () => {
  it.each(writes)('is refused: %s', (_how, command, path) => {
    const here = world()
    const made = here.run(command)
    expect(here.log).toEqual([])
    expect(made.ok ? undefined : made.problem).toMatchObject({ code: 'INVALID' })
    const [field] = made.ok ? [] : (made.problem.fields ?? [])
    expect(field).toMatchObject({ path, rule: 'value-of-schema' })
    expect(field!.pointer).toMatch(/^(?:\/size)?$/)
  })

  it('makes a scheduled change a conflict if the schema is written after it', () => {
    const here = world()
    here.make({ kind: 'create-schedule', schedule: schedule({ variations: sized(1, 5) }) })
    here.make({
      kind: 'update-flag',
      key: 'f',
      changes: { valueSchema: { properties: { size: { maximum: 4 } } } },
    })
    expect(here.state.schedule.get('s')).toMatchObject({
      status: 'conflict',
      conflict: { reason: expect.stringContaining('/size 5 is greater than 4') as string },
    })
    here.make({ kind: 'update-flag', key: 'f', changes: { valueSchema: null } })
    expect(here.state.schedule.get('s')).toMatchObject({ status: 'waiting' })
  })
})

describe('a schema', () => {
  it('comes back with a rollback, since it belongs to the flag as it was', () => {
    const { state } = world({ ...stored, variations: sized(20, 30), valueSchema: {}, version: 2 })
    const command = Command.parse({ kind: 'roll-back-flag', key: 'f', revision: 1 })
    const past = [{ kind: 'flag', id: 'f', value: stored }] as const
    const made = change(state, command, { now: start, newId: () => 'id', past })
    expect(made.ok && made.value.entity).toMatchObject({ valueSchema: schema, variations: sized(1, 2) })
  })

  it.each<[string, Partial<Flag>, string]>([
    [
      'of a boolean flag',
      { type: 'boolean', variations: [{ ...sized(1)[0]!, value: 'true' }], valueSchema: {} },
      'valueSchema is not for a boolean flag',
    ],
    [
      'that is none',
      { valueSchema: { properties: { size: { typ: 'integer' } } } },
      'valueSchema /properties/size/typ is no keyword',
    ],
  ])('%s is refused', (_what, changes, message) => {
    const problems = valueSchemaProblems({ ...stored, ...changes })
    expect(problems.map(({ path, message }) => `${path} ${message}`).join('\n')).toContain(message)
  })

  it.each<[Flag['type'], string, string | undefined, object, number]>([
    ['string', 'red', undefined, { enum: ['red', 'green'] }, 0],
    ['string', 'blue', undefined, { enum: ['red', 'green'] }, 1],
    ['number', '3', undefined, { type: 'integer', maximum: 3 }, 0],
    ['number', '3.5', undefined, { type: 'integer', maximum: 3 }, 2],
    ['yaml', 'a: 1', '{"a":1}', { required: ['a'] }, 0],
    ['yaml', 'b: 1', '{"b":1}', { required: ['a'] }, 1],
  ])('of a %s flag with %s', (type, value, json, valueSchema, count) => {
    const variations = [{ id: 'v', name: '', description: '', value, ...(json !== undefined && { json }) }]
    expect(valueSchemaProblems({ type, variations, valueSchema: { ...valueSchema } })).toHaveLength(count)
  })

  it('hinders no switch of a flag that has values from before', () => {
    const here = world({ ...stored, variations: sized(99, 99) })
    expect(here.run({ kind: 'update-flag', key: 'f', changes: { enabled: false } }).ok).toBe(true)
    expect(here.run({ kind: 'update-flags', keys: ['f'], changes: { addTags: ['t'] } }).ok).toBe(true)
  })

  it('is in the document, and not in what is published', () => {
    const { state } = world()
    const document = toDocument(state)
    expect(document.flags?.['f']).toMatchObject({ valueSchema: schema })
    const snapshot = buildSnapshot({
      environmentId: 'e',
      revision: 1,
      modifiedAt: 0,
      flags: [stored],
      segments: [],
      sdkKeys: [],
    })
    expect(JSON.stringify(snapshot)).not.toContain('valueSchema')
  })

  it('holds after any sequence of edits', () => {
    const size = fc.integer({ min: 0, max: 12 })
    const edit = fc.record(
      {
        variations: fc.tuple(size, size).map((sizes) => sized(...sizes)),
        valueSchema: fc.oneof(
          fc.constant(null),
          size.map((maximum) => ({ properties: { size: { maximum } } })),
        ),
        enabled: fc.boolean(),
      },
      { requiredKeys: [] },
    )
    const step = fc.record({ edit, by: fc.constantFrom('update-flag', 'apply', 'create-schedule') })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const here = world()
        steps.forEach(({ edit, by }, i) => {
          const { valueSchema, ...rest } = edit
          const listed = { ...entry, ...rest, valueSchema: valueSchema ?? undefined }
          here.run(
            by === 'update-flag'
              ? { kind: by, key: 'f', changes: edit }
              : by === 'apply'
                ? { kind: by, document: { flags: { f: listed } } }
                : { kind: by, schedule: { id: `s${i}`, flagKey: 'f', at: here.now + 60_000, changes: edit } },
          )
          here.advanceTo(here.now + 30_000)
          expect(valueSchemaProblems(here.state.flag.get('f')!)).toEqual([])
        })
      }),
      { numRuns: scaled(100) },
    )
  })
})
