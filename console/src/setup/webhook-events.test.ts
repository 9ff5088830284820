import { describe, expect, it } from 'vitest'
import { NotificationKind } from '../../../core/model/notification-kind.ts'
import { eventGroups, eventText, foundEvents, withEvents } from './webhook-events.ts'

const kindsOf = (groups: typeof eventGroups) => groups.flatMap(({ kinds }) => kinds.map(({ kind }) => kind))

describe('what a webhook can be told of', () => {
  it('is every kind once, but what comes by itself', () => {
    expect(kindsOf(eventGroups).toSorted()).toEqual(
      NotificationKind.options
        .filter((kind) => !['webhook.test', 'webhook.digest'].includes(kind))
        .toSorted(),
    )
  })

  it('has other words for each kind', () => {
    const texts = kindsOf(eventGroups).map(eventText)
    expect(new Set(texts).size).toBe(texts.length)
    expect(eventText('flag.turned-off')).toBe('Flag turned off')
    expect(eventText('of.the-future')).toBe('of.the-future')
  })

  it('is found by words, by names, and by subject', () => {
    expect(kindsOf(foundEvents('turned'))).toEqual(['flag.turned-on', 'flag.turned-off'])
    expect(kindsOf(foundEvents(' Kill '))).toEqual(
      kindsOf(eventGroups.filter(({ subject }) => subject === 'Kill switch')),
    )
    expect(kindsOf(foundEvents('goal.updated'))).toEqual(['goal.updated'])
    expect(kindsOf(foundEvents('goal changed'))).toEqual(['goal.updated'])
    expect(foundEvents('')).toEqual(eventGroups)
    expect(foundEvents('xyz')).toEqual([])
  })

  it('is chosen once, and keeps what it does not know', () => {
    expect(withEvents(['of.the-future', 'tag.created'], ['tag.created', 'tag.deleted'], true)).toEqual([
      'of.the-future',
      'tag.created',
      'tag.deleted',
    ])
    expect(withEvents(['of.the-future', 'tag.created'], ['tag.created'], false)).toEqual(['of.the-future'])
  })
})
