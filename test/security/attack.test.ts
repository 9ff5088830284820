// The short form of `npm run attack`, and that it attacks nobody else.
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { attack, sectionsOf } from '../attack/attack.ts'
import { onlyLoopback } from '../attack/target.ts'
import { useStack } from '../support/stack-fixture.ts'

const stack = useStack()

it('finds nothing', { timeout: 240_000 }, async () => {
  const place = { url: stack().url, token: stack().token, directory: dirname(stack().logPath) }
  const outcomes = await attack(place, true, ({ section, probes, seconds, seen }) =>
    console.info(`${section.name}: ${probes} probes, ${seconds.toFixed(1)} s; ${seen}`),
  )
  expect(outcomes.map(({ section }) => section.name)).toEqual(sectionsOf(true).map(({ name }) => name))
  expect(
    outcomes.flatMap(({ section, findings }) => findings.map((each) => `${section.name}: ${each}`)),
  ).toEqual([])
  expect(outcomes.filter(({ probes }) => probes === 0)).toEqual([])
})

describe('is for this machine only', () => {
  it.each(['http://127.0.0.1:8787', 'https://127.8.9.1:1', 'http://[::1]:8787'])('%s', (url) => {
    expect(onlyLoopback(url)).toBe(url)
  })
  it.each([
    'https://tackline.example.com',
    'http://127.0.0.1.example.com',
    'http://127.0.0.1@example.com',
    'http://localhost.example.com',
    'http://10.0.0.1',
    'http://[::ffff:10.0.0.1]',
    'file:///127.0.0.1',
  ])('not %s', (url) => {
    expect(() => onlyLoopback(url)).toThrow(/is for 127[.]0[.]0[.]1 and \[::1\] only/)
  })
})
