import { describe, expect, it } from 'vitest'
import fc from '../test/support/build/fast-check.ts'
import { readMessage } from './messages.ts'
import { EventEnvelope, EventRecord, isKnown } from './records.ts'

const exposure = {
  v: 1,
  kind: 'exposure',
  id: 'e',
  environmentId: 'demo',
  at: 1,
  receivedAt: 2,
  protocol: 'ofrep',
  sdk: '',
  targetingKey: 'ann',
  attributes: {},
  flagKey: 'banner',
  flagVersion: 1,
  variationId: 'on',
  ruleId: 'split',
}

const textOf = (records: readonly unknown[]) => records.map((each) => `${JSON.stringify(each)}\n`).join('')

it('copies the text of a line, not its meaning', () => {
  const text = JSON.stringify(exposure).replace('"v":1', '"v": 1.0')
  expect(readMessage(`${text}\n`)).toEqual({ lines: [{ record: exposure, text }], bad: [] })
})

it('loses only the line that is cut off', () => {
  const whole = textOf([exposure, exposure])
  const { lines, bad } = readMessage(whole.slice(0, -9))
  expect(lines.map(({ record }) => record)).toEqual([exposure])
  expect(bad).toMatchObject([{ content: JSON.stringify(exposure).slice(0, -8) }])
})

describe('a message', () => {
  it('is read whole if all of it is fine, with kinds and fields of a later release', () => {
    const records = [
      exposure,
      { ...exposure, v: 3, kind: 'survey', keyKind: '', source: '' },
      { ...exposure, page: '/' },
    ]
    const lines = records.map((record) => ({ record, text: JSON.stringify(record) }))
    expect(readMessage({ records, sentAt: 3 })).toEqual({ lines, bad: [] })
    expect(readMessage(textOf(records))).toEqual({ lines, bad: [] })
    expect(records.map((record) => isKnown(record))).toEqual([true, false, true])
  })

  it.each([
    ['an environment that leaves its folder', { environmentId: '../x' }, 'records.1.environmentId: '],
    ['a value that is a text', { value: 'much' }, 'records.1.value: '],
    ['no targeting key', { targetingKey: undefined }, 'records.1.targetingKey: '],
    ['a time that is no time', { receivedAt: 1e300 }, 'records.1.receivedAt: '],
    ['a missing field of its kind', { flagKey: undefined }, 'records.1: lacks a field'],
    ['half of a surrogate pair', { targetingKey: 'a\ud83d' }, 'records.1: a text is not well-formed'],
    [
      'half of a pair in an attribute',
      { attributes: { '\udc00': '' } },
      'records.1: a text is not well-formed',
    ],
  ])('loses only the record with %s, and says why', (_, change, reason) => {
    const wrong = { ...exposure, ...change }
    const records = [exposure, wrong, exposure]
    for (const body of [{ records }, textOf(records)]) {
      const { lines, bad } = readMessage(body)
      expect(lines.map(({ record }) => record)).toEqual([exposure, exposure])
      expect(bad).toEqual([{ reason: expect.stringContaining(reason), content: wrong }])
    }
  })

  it('takes an escaped backslash for what it is', () => {
    expect(readMessage({ records: [{ ...exposure, targetingKey: '\\ud83d' }] }).bad).toEqual([])
  })

  it('may be anything', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything({ withBigInt: true }),
          fc.record({ records: fc.array(fc.anything()) }),
          fc
            .array(fc.oneof(fc.json(), fc.string(), fc.constant(JSON.stringify(exposure))))
            .map((all) => all.join('\n')),
        ),
        (body) => {
          const { lines, bad } = readMessage(body)
          expect(lines.length + bad.length).toBeGreaterThanOrEqual(0)
          for (const { record, text } of lines) {
            expect(EventEnvelope.safeParse(record).success).toBe(true)
            expect([JSON.parse(text), text.includes('\n')]).toEqual([record, false])
          }
        },
      ),
    )
  })
})

it('every record that is written can be read', () => {
  const { flagKey: _, flagVersion: __, variationId: ___, ruleId: ____, ...common } = exposure
  const written = [
    exposure,
    { ...common, kind: 'tracking', event: 'e', value: 1, content: 'c' },
    { ...common, kind: 'sdk-report', event: 'e', value: 1 },
  ]
  for (const record of written) {
    expect(EventRecord.safeParse(record).success).toBe(true)
    expect(EventEnvelope.safeParse(record).success).toBe(true)
  }
})
