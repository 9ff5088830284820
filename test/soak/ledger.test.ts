// The model finds what it is there to find.
import { describe, expect, it } from 'vitest'
import { changesLost, eventsLost, expectedCounts, newLedger, type Visitor } from './ledger.ts'

const visitor = (id: string, exposure: Visitor['exposure'], goal: Visitor['goal'], value = 1): Visitor => ({
  id,
  protocol: 'ofrep',
  variationId: 'a',
  value,
  at: 0,
  goalAt: 0,
  exposure,
  goal,
})

describe('changes', () => {
  const ledger = () => {
    const made = newLedger()
    made.flags.set('f', { asked: ['one', 'two', 'three'], acknowledged: 1 })
    made.goals.asked.add('soak-0').add('soak-1')
    made.goals.acknowledged.add('soak-0')
    made.newestRevision = 3
    return made
  }
  const stored = (description: string, goals: string[], revisions = [3, 2, 1]) => ({
    flags: [{ key: 'f', description }],
    goals: goals.map((key) => ({ key })),
    revisions,
  })

  it.each([
    ['the acknowledged one', stored('two', ['soak-0'])],
    ['one that the kill met, which went in', stored('three', ['soak-0', 'soak-1'], [4, 3, 2])],
  ])('are all there: %s', (_, state) => {
    expect(changesLost(ledger(), state)).toEqual([])
  })

  it.each([
    ['an older one', stored('one', ['soak-0']), 'f has'],
    ['one that nobody asked for', stored('four', ['soak-0']), 'f has'],
    ['none', stored('', ['soak-0']), 'f has'],
    ['a lost entity', stored('two', []), 'goal soak-0 is lost'],
    ['an invented entity', stored('two', ['soak-0', 'soak-7']), 'never asked for'],
    ['an entity twice', stored('two', ['soak-0', 'soak-0']), 'twice'],
    ['a lost revision', stored('two', ['soak-0'], [2, 1]), 'revision 3 was acknowledged'],
    ['a gap', stored('two', ['soak-0'], [4, 2, 1]), 'a revision is missing'],
  ])('are not: %s', (_, state, finding) => {
    expect(changesLost(ledger(), state)).toEqual([expect.stringContaining(finding)])
  })
})

describe('events', () => {
  const ledger = newLedger()
  ledger.visitors.push(
    visitor('u', 'acknowledged', 'acknowledged', 5),
    visitor('v', 'acknowledged', 'asked', 7),
    visitor('w', 'asked', 'unsent', 11),
  )
  const record = (kind: string, targetingKey: string) => ({ kind, targetingKey })
  const acknowledged = [record('exposure', 'u'), record('tracking', 'u'), record('exposure', 'v')]

  it('are lost if an acknowledged one is not in the lake', () => {
    expect(eventsLost(ledger, acknowledged)).toEqual([])
    expect(eventsLost(ledger, acknowledged.slice(1))).toEqual(['the exposure of u'])
    expect(eventsLost(ledger, acknowledged.toSpliced(1, 1))).toEqual(['the goal of u'])
  })

  it('count once each, whatever the copies, and also if they were only asked for', () => {
    const all = [...acknowledged, ...acknowledged, record('tracking', 'v'), record('exposure', 'w')]
    expect(expectedCounts(ledger, all)).toEqual(new Map([['a', { users: 3, conversions: 2 }]]))
  })
})
