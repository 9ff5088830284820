// Every value that a flag can have is the same in every protocol, in an explanation and in the configuration
// document. Values that would differ are refused when they are written.
import { expect, it } from 'vitest'
import fc from './support/build/fast-check.ts'
import { toDocument } from '../core/change/document/export.ts'
import { evaluate } from '../core/evaluation/evaluate.ts'
import { explain } from '../core/evaluation/explain.ts'
import { emptyState } from '../core/model/environment-state.ts'
import { Flag } from '../core/model/flag.ts'
import { type FlagType, flagTypes, type JsonValue, parseValue } from '../core/model/value.ts'
import { toJson } from '../workers/control/environment/yaml-values.ts'
import { bucketeerRoutes } from '../workers/protocols/bucketeer/routes.ts'
import { flagshipIoRoutes } from '../workers/protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../workers/protocols/ofrep/routes.ts'
import { compiled, flag } from './support/build/flags.ts'
import { scaled } from './support/build/scale.ts'
import { callHandler } from './support/call-handler.ts'
import { goldenEnvironment, goldenKeys, memoryPorts } from './support/golden-cases.ts'

const { clientKey } = goldenKeys
const integer = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
)
const number = fc.oneof(
  fc.double().map(String),
  fc.maxSafeInteger().map(String),
  integer.map(String),
  fc.constantFrom(
    '0x10',
    '1_000',
    'Infinity',
    'NaN',
    ' 7 ',
    '+5',
    '.5',
    '5.',
    '007',
    '-0',
    '-0.0',
    '1e21',
    '1E+2',
    '1e999',
    '1.0',
  ),
)
const json = fc.oneof(
  fc.json({ noUnicodeString: false }),
  number,
  number.map((text) => `{"a":[${text}]}`),
  fc.tuple(fc.string(), number).map(([key, text]) => `{${JSON.stringify(key)}:{"__proto__":${text}}}`),
  fc.jsonValue().map((value) => JSON.stringify(value, null, 2)),
)
const values: Record<FlagType, fc.Arbitrary<string>> = {
  boolean: fc.constantFrom('true', 'false', 'TRUE', '1', ''),
  string: fc.oneof(fc.string({ unit: 'binary' }), number, json),
  number,
  json,
  yaml: fc.oneof(
    json,
    number.map((text) => `a: ${text}`),
    fc.constantFrom('yes', 'a: .inf', 'a: 0o17', 'a: 12:30', 'a: 0x10'),
  ),
}
const given = fc
  .constantFrom(...flagTypes)
  .chain((type) => fc.record({ type: fc.constant(type), value: values[type] }))

/** The value that an SDK parses from Bucketeer's text. */
const fromText = (type: FlagType, text: string): unknown =>
  type === 'string' ? text : type === 'boolean' ? text === 'true' : JSON.parse(text)

async function answersOf(subject: Flag): Promise<Record<string, unknown>> {
  const { ports } = memoryPorts({ flags: [subject] })
  const post = async (
    routes: typeof ofrepRoutes,
    path: string,
    headers: Record<string, string>,
    body: object,
  ) => {
    const response = await callHandler(routes(ports), path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return (await response.json()) as never
  }
  const ofrep = (await post(
    ofrepRoutes,
    '/ofrep/v1/evaluate/flags/flag',
    { authorization: `Bearer ${clientKey}` },
    { context: { targetingKey: 'ada' } },
  )) as { value: unknown }
  const bucketeer = (await post(
    bucketeerRoutes,
    '/get_evaluation',
    { authorization: clientKey },
    { user: { id: 'ada' }, tag: '', featureId: 'flag', sourceId: 6 },
  )) as { evaluation: { variationValue: string } }
  const flagship = (await post(
    flagshipIoRoutes,
    `/v2/${goldenEnvironment}/campaigns`,
    { 'x-api-key': clientKey },
    { visitor_id: 'ada', context: {}, trigger_hit: false },
  )) as { campaigns: { variation: { modifications: { value: { flag: unknown } } } }[] }
  const ready = compiled([subject])
  const context = { targetingKey: 'ada', attributes: {} }
  const document = toDocument({ ...emptyState(), flag: new Map([['flag', subject]]) }) as unknown as {
    flags: { flag: { variations: { value: string; json?: string }[] } }
  }
  const [written] = document.flags.flag.variations
  return {
    ofrep: ofrep.value,
    bucketeer: fromText(subject.type, bucketeer.evaluation.variationValue),
    flagship: flagship.campaigns[0]!.variation.modifications.value.flag,
    rpc: structuredClone(evaluate(ready, 'flag', context).variation!.typed),
    explanation: JSON.parse(JSON.stringify(explain(ready, 'flag', context)!.evaluation.variation!.typed)),
    document: parseValue(subject.type, {
      value: written!.value,
      json: subject.type === 'yaml' ? toJson(written!.value) : undefined,
    }),
  }
}

it('returns the same value everywhere, for every value that can be stored', async () => {
  const counted = { stored: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(given, async ({ type, value }) => {
      const converted = type === 'yaml' ? toJson(value) : undefined
      const parsed = Flag.safeParse(
        flag({
          type,
          variations: [
            {
              id: 'a',
              name: '',
              description: '',
              value,
              ...(converted !== undefined && { json: converted }),
            },
          ],
          offVariationId: undefined,
        }),
      )
      counted[parsed.success ? 'stored' : 'refused']++
      if (!parsed.success) return
      const { ofrep, ...others } = await answersOf(parsed.data)
      for (const [where, answer] of Object.entries(others))
        expect([where, answer]).toStrictEqual([where, ofrep as JsonValue])
    }),
    { numRuns: scaled(1_500) },
  )
  expect(Math.min(counted.stored, counted.refused)).toBeGreaterThan(50)
}, 60_000)
