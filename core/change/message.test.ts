// What webhooks are told of changes and results, and what they are never told.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { fixed, flag, segment } from '../../test/support/build/flags.ts'
import { type EnvironmentState, type Write, emptyState, withWrites } from '../model/environment-state.ts'
import { NotificationKind, inOrder } from '../model/notification-kind.ts'
import type { StoredResult } from '../model/stored-result.ts'
import type { Webhook } from '../model/webhook.ts'
import { change } from './change.ts'
import { Command } from './command.ts'
import { type DomainEvent, domainEventsOf } from './domain-event.ts'
import { type Hook, type Message, changeMessages, wants } from './message.ts'
import { resultKinds, resultMessages } from './result-message.ts'
import { toSlackBody } from './slack-text.ts'

const times = { version: 1, createdAt: 0, updatedAt: 0 }
const hook = (changes: Partial<Webhook> = {}): Webhook => ({
  id: 'hook',
  name: '',
  url: 'https://hooks.example.com/own-path',
  secret: 'whsec_c2VjcmV0',
  events: [],
  tags: [],
  disabled: false,
  ...times,
  ...changes,
})
const put = (kind: Write['kind'], id: string, value: object) => ({ kind, id, value }) as Write
const state: EnvironmentState = withWrites(emptyState(), [
  put('flag', 'checkout', flag({ key: 'checkout', enabled: false, tags: ['web'] })),
  put('flag', 'other', flag({ key: 'other', defaultStrategy: { id: 'd', strategy: fixed('a') } })),
  put('segment', 'staff', segment({ key: 'staff', included: ['ada@example.com'] })),
  put('goal', 'buy', { key: 'buy', name: '', event: 'buy', ...times }),
  put('trigger', 'alert', {
    id: 'alert',
    name: '',
    flagKey: 'checkout',
    action: 'turn-on',
    firings: 0,
    ...times,
  }),
  put('operation', 'guard', {
    id: 'guard',
    kind: 'event-rate',
    flagKey: 'checkout',
    variationId: 'a',
    goalKey: 'buy',
    comparison: 'at-least',
    threshold: 0.1,
    minimumUsers: 1,
    status: 'active',
    countingFrom: 0,
    ...times,
  }),
  put('webhook', 'hook', hook()),
  put('tag', 'web', { key: 'web', name: '', ...times }),
])

let made = 0
function messagesOf(command: unknown, hooks: readonly Hook[] = [hook()], from = state): Message[] {
  const parsed = Command.parse(command)
  const changed = change(from, parsed, { now: 1_000, newId: () => `id-${++made}` })
  if (!changed.ok) throw new Error(changed.problem.message)
  return changeMessages(hooks, {
    environmentId: 'shop',
    revision: 7,
    now: 1_000,
    newId: () => `id-${++made}`,
    actor: { kind: 'member', id: 'ada@example.org', name: 'Ada' },
    command: parsed.kind,
    comment: 'because',
    events: domainEventsOf(from, changed.value.writes),
  }).map(({ body }) => JSON.parse(body) as Message)
}
const facts = { exposedUsers: 10, goalUsers: 9 }

describe('a change', () => {
  it.each<[object, string, string]>([
    [{ kind: 'create-goal', goal: { key: 'g' } }, 'goal.created', 'Ada created goal g.'],
    [{ kind: 'delete-goal', id: 'buy' }, '', ''],
    [
      { kind: 'update-flag', key: 'checkout', changes: { enabled: true } },
      'flag.turned-on,flag.updated',
      'Ada turned flag checkout on.',
    ],
    [
      { kind: 'update-flag', key: 'other', changes: { archived: true } },
      'flag.archived,flag.updated',
      'Ada archived flag other.',
    ],
    [
      { kind: 'update-segment', id: 'staff', changes: { name: 'Staff' } },
      'segment.updated',
      'Ada changed segment staff.',
    ],
    [
      { kind: 'apply-operation', id: 'guard', facts },
      'operation.fired,operation.updated',
      'Ada fired operation guard.',
    ],
    [
      { kind: 'fire-trigger', id: 'alert' },
      'trigger.fired,flag.turned-on,flag.updated,trigger.updated',
      'Ada fired trigger alert and turned flag checkout on.',
    ],
    [
      { kind: 'update-settings', changes: { requireComment: true } },
      'settings.created',
      'Ada created the settings.',
    ],
    [{ kind: 'delete-webhook', id: 'hook' }, 'webhook.deleted', 'Ada deleted webhook hook.'],
  ])('%o is %s', (command, kinds, summary) => {
    if (kinds === '') return expect(() => messagesOf(command)).toThrow(/in use/)
    const [message] = messagesOf(command)
    expect(message!.type).toBe(kinds.split(',')[0])
    expect(message!.data.kinds).toEqual(kinds.split(','))
    expect(message!.data).toMatchObject({ environment: 'shop', summary, revision: 7, reason: 'because' })
    expect(message!.timestamp).toBe('1970-01-01T00:00:01.000Z')
    return undefined
  })

  it('tells short values before and after, and never a list, an object or a secret', () => {
    const changes = { included: ['ada@example.com', 'bob@example.com'], name: 'Staff' }
    const [message] = messagesOf({ kind: 'update-segment', id: 'staff', changes })
    const [told] = message!.data['changes'] as [{ differences: { path: string }[] }]
    expect(told.differences).toContainEqual({ path: '/included' })
    expect(told.differences).toContainEqual({ path: '/name', before: '', after: 'Staff' })
    expect(JSON.stringify(message)).not.toContain('bob@')
    const secret = 'whsec_bmV3ZXI='
    const rotated = messagesOf({ kind: 'rotate-webhook', id: 'hook', secret, overlapMs: 1_000 })
    expect(JSON.stringify(rotated)).not.toMatch(/whsec_|c2Vj|bmV3/)
    const away = { url: 'https://hooks.example.com/elsewhere' }
    const redirected = JSON.stringify(messagesOf({ kind: 'update-webhook', id: 'hook', changes: away }))
    expect(redirected).toMatch(/"path":"\/url"/)
    expect(redirected).not.toMatch(/own-path|elsewhere/)
    const moved = { secretUrl: 'https://hooks.slack.com/services/xyz' }
    expect(JSON.stringify(messagesOf({ kind: 'update-webhook', id: 'hook', changes: moved }))).not.toMatch(
      /xyz/,
    )
  })

  it('of thousands of entities is one message of limited size', () => {
    const flags = Array.from({ length: 3_000 }, (_, i) =>
      flag({ key: `f${i}`, name: 'n'.repeat(200), tags: ['web'] }),
    )
    const command = { kind: 'import', source: 'flagd', flags, segments: [], sdkKeys: [] }
    const [message, ...more] = messagesOf(command)
    expect(more).toEqual([])
    expect(message!.data).toMatchObject({ changeCount: 3_000 })
    expect(message!.data['changes']).toHaveLength(20)
    expect(message!.data.summary).toMatch(
      /^Ada created flag f0, created flag f1, .* and 2996 more changes\.$/,
    )
    expect(JSON.stringify(message).length).toBeLessThan(60_000)
  })
})

describe('a webhook', () => {
  const event = fc.record({
    kinds: fc
      .uniqueArray(fc.constantFrom(...NotificationKind.options), { minLength: 1, maxLength: 3 })
      .map(inOrder),
    tags: fc.subarray(['web', 'app', 'shop']),
    words: fc.constant('changed flag f'),
    detail: fc.constant(() => ({ kind: 'flag', id: 'f', change: 'updated' as const })),
  }) satisfies fc.Arbitrary<DomainEvent>
  const anyHook = fc.record({
    id: fc.constant('hook'),
    events: fc.subarray([...NotificationKind.options, 'update-flag']),
    tags: fc.option(fc.subarray(['web', 'app', 'none']), { nil: undefined }),
    disabled: fc.boolean(),
  }) satisfies fc.Arbitrary<Hook>

  it('gets one message of all that it wants, and none if it wants nothing', () =>
    fc.assert(
      fc.property(anyHook, fc.array(event), (one, events) => {
        const actor = { kind: 'job', id: 'runner', name: '' }
        const about = { environmentId: 'e', revision: 1, now: 0, newId: () => 'x', actor, comment: '' }
        const sent = changeMessages([one], { ...about, command: 'update-flag', events })
        const wanted = events.filter((each) => {
          const ofKind =
            one.events.length === 0 ||
            one.events.includes('update-flag') ||
            each.kinds.some((kind) => one.events.includes(kind))
          const ofTag = !one.tags?.length || each.tags.some((tag) => one.tags!.includes(tag))
          return !one.disabled && ofKind && ofTag
        })
        expect(sent).toHaveLength(wanted.length > 0 ? 1 : 0)
        const [message] = sent.map(({ body }) => JSON.parse(body) as Message)
        expect(message?.data['changeCount'] ?? 0).toBe(wanted.length)
        if (message)
          expect(new Set(message.data.kinds)).toEqual(new Set(wanted.flatMap(({ kinds }) => kinds)))
      }),
    ))

  it('is told in Slack’s form, with its markup escaped', () => {
    const data = { environment: 'a&b', kinds: ['flag.updated'] as const, summary: 'A <b> c', reason: '1 > 0' }
    const message: Message = {
      type: 'flag.updated',
      timestamp: '',
      data: { ...data, kinds: [...data.kinds] },
    }
    expect(JSON.parse(toSlackBody(message))).toEqual({
      text: 'A &lt;b&gt; c (environment a&amp;b)\nReason: 1 &gt; 0',
    })
    expect(toSlackBody(message, 'https://c.example')).toContain(
      '<https://c.example/environments/a%26b/flags|',
    )
  })
})

describe('a result', () => {
  const result = (changes: object = {}): StoredResult =>
    ({
      goalKey: 'buy',
      window: { from: 0, to: 9 },
      computedAt: 9,
      health: { status: 'green', checks: [] },
      verdict: { kind: 'undecided', reason: 'Keep running.' },
      ...changes,
    }) as unknown as StoredResult
  const winner = (id: string, probabilityBest = 0.99) => ({
    verdict: { kind: 'winner', variationId: id, probabilityBest, expectedLoss: 0, reason: 'It is better.' },
  })
  const red = {
    health: { status: 'red', checks: [{ name: 'sample-ratio', status: 'failed', detail: 'Too few.' }] },
    verdict: { kind: 'withheld', reason: 'Health is red.' },
  }

  it.each<[string, StoredResult | undefined, StoredResult, string[]]>([
    ['undecided at first', undefined, result(), []],
    ['a first verdict', undefined, result(winner('a')), ['experiment.verdict']],
    ['a verdict after none', result(), result(winner('a')), ['experiment.verdict']],
    ['the same with other figures', result(winner('a', 0.98)), result(winner('a')), []],
    ['another one', result(winner('a')), result(winner('b')), ['experiment.verdict']],
    ['one that is taken back', result(winner('a')), result(), []],
    [
      'of a later start',
      result({ ...winner('a'), window: { from: 5, to: 9 } }),
      result(winner('a')),
      ['experiment.verdict'],
    ],
    ['of a secondary goal', result(), result({ ...winner('a'), role: 'secondary' }), []],
    ['red health', result(), result(red), ['experiment.health-red']],
    ['health that stays red', result(red), result(red), []],
  ])('%s', (_, before, now, kinds) => expect(resultKinds(before, now)).toEqual(kinds))

  it('is told to those who want it, in words', () => {
    const experiment = { id: 'e', name: 'Button', flagKey: 'checkout' } as never
    const about = {
      environmentId: 'shop',
      experiment,
      tags: ['web'],
      before: undefined,
      now: 0,
      newId: () => 'x',
    }
    const hooks = [hook(), hook({ id: 'app', tags: ['app'] }), hook({ id: 'off', disabled: true })]
    const told = (now: StoredResult) => resultMessages(hooks, { ...about, result: now })
    expect(told(result())).toEqual([])
    const [verdict, ...more] = told(result(winner('a')))
    expect(more).toEqual([])
    expect(JSON.parse(verdict!.body)).toMatchObject({
      type: 'experiment.verdict',
      data: {
        summary: 'Experiment Button on flag checkout has a verdict for goal buy: winner: It is better.',
      },
    })
    expect((JSON.parse(told(result(red))[0]!.body) as Message).data.summary).toBe(
      'Experiment Button on flag checkout is not to be trusted: sample-ratio, Too few.',
    )
  })
})

it('wants everything without filters, and nothing when disabled', () => {
  expect(wants(hook(), { kinds: ['tag.created'], tags: [] })).toBe(true)
  expect(wants(hook({ disabled: true }), { kinds: ['tag.created'], tags: [] })).toBe(false)
})
