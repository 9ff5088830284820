// An experiment on a rollout by attribute counts its values: from the three protocols through edge, queue and
// lake to the stored result.
import { expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { runAll } from '../support/run-batch.ts'
import { createFlag, createTestEnvironment, lakeHolding, useStack } from '../support/stack-fixture.ts'

const stack = useStack()

const teams = Array.from({ length: 12 }, (_, i) => `team-${i}`)
const protocols = ['ofrep-token', 'ofrep', 'bucketeer', 'flagship-io'] as const

it('counts teams, not users', async () => {
  const environment = await createTestEnvironment(stack(), 'teams')
  const variations = [
    { id: 'old', value: 'false' },
    { id: 'new', value: 'true' },
  ]
  await createFlag(environment, {
    key: 'layout',
    type: 'boolean',
    enabled: true,
    allocation: 'fine',
    bucketBy: 'team',
    variations,
    defaultStrategy: {
      id: 'layout-split',
      strategy: {
        kind: 'rollout',
        shares: variations.map(({ id }) => ({ variationId: id, weight: 50_000 })),
      },
    },
  })
  await call(environment, 'POST', '/environments/teams/goals', { key: 'done' })
  await call(environment, 'POST', '/environments/teams/experiments', {
    id: 'layout',
    flagKey: 'layout',
    goalKeys: ['done'],
    baselineVariationId: 'old',
    sharedAddress: true,
  })

  async function post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
    const response = await fetch(environment.url + path, {
      method: 'POST',
      headers: {
        'x-api-key': environment.clientKey,
        authorization: environment.clientKey,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    })
    expect(response.ok, `${path} ${response.status}`).toBe(true)
    return (await response.text().then((text) => (text === '' ? undefined : JSON.parse(text)))) as T
  }
  const track = (targetingKey: string, event: object, team?: string) =>
    post(
      '/ofrep/v1/track',
      { context: { targetingKey, ...(team !== undefined && { team }) }, events: [event] },
      bearer,
    )
  const bearer = { authorization: `Bearer ${environment.clientKey}` }

  /** Decides for a user of a team and reports the exposure. Returns the variation. */
  async function expose(protocol: (typeof protocols)[number], user: string, team: string): Promise<string> {
    switch (protocol) {
      case 'ofrep':
      case 'ofrep-token': {
        const context = { targetingKey: user, team }
        const { metadata } = await post<{ metadata: { variationId: string; exposureToken: string } }>(
          '/ofrep/v1/evaluate/flags/layout',
          { context },
          { ...bearer, 'x-exposure-tokens': '1' },
        )
        const { variationId, exposureToken } = metadata
        // The token names the team; otherwise the context does.
        if (protocol === 'ofrep-token') await track(user, { kind: 'exposure', exposureToken })
        else await track(user, { kind: 'exposure', flagKey: 'layout', variationId }, team)
        return variationId
      }
      case 'bucketeer': {
        const data = { team }
        const { evaluation } = await post<{ evaluation: { variationId: string; featureVersion: number } }>(
          '/get_evaluation',
          { user: { id: user, data }, tag: '', featureId: 'layout' },
        )
        const event = {
          '@type': 'type.googleapis.com/bucketeer.event.client.EvaluationEvent',
          timestamp: Math.floor(Date.now() / 1000),
          featureId: 'layout',
          featureVersion: evaluation.featureVersion,
          variationId: evaluation.variationId,
          userId: user,
          user: { id: user, data },
          reason: { type: 'DEFAULT' },
        }
        const answer = await post('/register_events', { events: [{ id: `e-${user}`, event }] })
        expect(answer).toEqual({ errors: {} })
        return evaluation.variationId
      }
      case 'flagship-io': {
        const { campaigns } = await post<{ campaigns: { variation: { id: string } }[] }>(
          '/v2/teams/campaigns?sendContextEvent=false',
          { visitor_id: user, context: { team }, trigger_hit: true },
        )
        return campaigns[0]!.variation.id
      }
    }
  }

  const decided = new Map<string, string>()
  for (const [i, team] of teams.entries())
    for (const protocol of protocols) {
      const variationId = await expose(protocol, `${team}-${protocol}`, team)
      expect(decided.get(team) ?? variationId).toBe(variationId)
      decided.set(team, variationId)
      // Of every third team, two users reach the goal: the team does once.
      if (i % 3 === 0 && (protocol === 'ofrep-token' || protocol === 'bucketeer'))
        await track(`${team}-${protocol}`, { kind: 'goal', name: 'done', value: 2 })
    }
  // An activation has no context: whom it is of cannot be told.
  for (const vid of ['lost-1', 'lost-2'])
    await post('/v2/activate', { cid: 'teams', vid, caid: 'layout-split', vaid: 'new' })

  const goals = 2 * Math.ceil(teams.length / 3)
  const records = await lakeHolding(teams.length * protocols.length + goals + 2, environment)
  const exposures = records.flatMap((record) =>
    record.kind === 'exposure' && record.v === 2 ? [record] : [],
  )
  for (const { targetingKey, unitAttribute, unit, verified, keyKind } of exposures) {
    const isLost = targetingKey.startsWith('lost')
    expect([unitAttribute, unit, verified, keyKind]).toEqual([
      'team',
      isLost ? '' : targetingKey.replace(/-(?:ofrep-token|ofrep|bucketeer|flagship-io)$/, ''),
      !isLost,
      'client',
    ])
  }
  expect(exposures).toHaveLength(teams.length * protocols.length + 2)

  const events = await runAll(environment, 'teams')
  const concluded = events.find((event) => event.kind === 'concluded')
  const has = (variationId: string) => teams.filter((team) => decided.get(team) === variationId)
  const reached = (variationId: string) => has(variationId).filter((team) => teams.indexOf(team) % 3 === 0)
  expect(concluded?.result).toMatchObject({
    variations: ['new', 'old'].map((variationId) => ({
      variationId,
      users: has(variationId).length,
      conversions: reached(variationId).length,
    })),
    trust: { unitAttribute: 'team', usersWithoutUnit: 2 },
  })
}, 180_000)
