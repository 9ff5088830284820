// Forged exposures: whoever has the public client key reports variations that nobody was given, for users
// that nobody has seen. None may be stored as verified, in whichever protocol.
import { seedDemo } from '../../scripts/demo-data.ts'
import { lakeHolding } from '../support/environment.ts'
import { ask, type Answer, type Section } from './section.ts'
import { bearer, type Target } from './target.ts'

const flagKey = 'new-checkout'
const variations = ['checkout-classic', 'checkout-express']

interface Forged {
  readonly name: string
  readonly targetingKey: string
  /**
   * `refused`: no record comes of it. `unattributed`: its record names no rule, so it counts in no
   * experiment. `unverified`: its record says that edge did not decide so. `as sent`: a goal, which cannot
   * be verified.
   */
  readonly must: 'refused' | 'unattributed' | 'unverified' | 'as sent'
  readonly send: () => Promise<Answer>
}

export const exposures: Section = {
  name: 'exposures',
  claim: 'no forged exposure is verified; unknown flags and variations are refused',
  async run(target) {
    const environmentId = `forge-${target.here.environmentId.split('-').at(-1)}`
    const keys = await seedDemo(target, environmentId)
    target.secrets.set('the client key of the forged environment', keys.clientKey)
    target.secrets.set('the server key of the forged environment', keys.serverKey)
    const forged = await forgeries(target, environmentId, keys.clientKey)
    const findings: string[] = []
    for (const { name, send } of forged) {
      const { status, text } = await send()
      if (status >= 500) findings.push(`${name}: ${status} ${text}`)
    }
    const stored = forged.filter(({ must }) => must !== 'refused')
    const records = await lakeHolding(stored.length, { ...target, environmentId, ...keys })
    for (const { name, targetingKey, must } of forged) {
      const own = records.filter((record) => record.targetingKey === targetingKey)
      if (must === 'refused' && own.length > 0) findings.push(`${name}: was stored`)
      if (must !== 'refused' && own.length !== 1) findings.push(`${name}: ${own.length} records`)
      for (const record of own) {
        if (must === 'unattributed' && record.kind === 'exposure' && record.ruleId !== '')
          findings.push(`${name}: is attributed to ${record.ruleId}`)
        if (record.v === 2 && record.kind === 'exposure' && record.verified)
          findings.push(`${name}: is stored as verified`)
      }
    }
    const asSent = forged.filter(({ must }) => must === 'as sent').map(({ name }) => name)
    return { probes: forged.length, findings, seen: `taken as sent: ${asSent.join('; ')}` }
  },
}

async function forgeries(target: Target, environmentId: string, clientKey: string): Promise<Forged[]> {
  const flags = await ask(target, `/api/v1/environments/${environmentId}/flags/${flagKey}`, {
    headers: bearer(target.token),
  })
  const ruleId = /"defaultStrategy":\{"id":"([^"]+)"/.exec(flags.text)?.[1] ?? ''
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    ask(target, path, {
      method: 'POST',
      headers: {
        authorization: path.startsWith('/ofrep') ? `Bearer ${clientKey}` : clientKey,
        'x-api-key': clientKey,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    })
  const decide = async (targetingKey: string) => {
    const path = `/ofrep/v1/evaluate/flags/${flagKey}`
    const { text } = await post(path, { context: { targetingKey } }, { 'x-exposure-tokens': '1' })
    const { metadata } = JSON.parse(text) as { metadata: { variationId: string; exposureToken: string } }
    return metadata
  }
  const otherThan = async (targetingKey: string) => {
    const { variationId } = await decide(targetingKey)
    return variations.find((each) => each !== variationId)!
  }
  const ofrep = async (targetingKey: string, exposure: object) =>
    post('/ofrep/v1/track', { context: { targetingKey }, events: [{ kind: 'exposure', ...exposure }] })
  const bucketeer = (userId: string, featureId: string, variationId: string) =>
    post('/register_events', {
      events: [
        {
          id: `forged-${userId}`,
          event: {
            '@type': 'type.googleapis.com/bucketeer.event.client.EvaluationEvent',
            timestamp: Math.floor(Date.now() / 1_000),
            featureId,
            featureVersion: 1,
            userId,
            user: { id: userId, data: {} },
            variationId,
            reason: { type: 'DEFAULT' },
          },
        },
      ],
      sourceId: 7,
      sdkVersion: '2.6.1',
    })
  const activate = (vid: string, caid: string, vaid: string) =>
    post('/v2/activate', { cid: environmentId, batch: [{ vid, caid, vaid, qt: 1 }] })
  const token = (await decide('somebody')).exposureToken
  return [
    {
      name: 'OFREP, another variation',
      targetingKey: 'forged-1',
      must: 'unattributed',
      send: async () => ofrep('forged-1', { flagKey, variationId: await otherThan('forged-1') }),
    },
    {
      name: 'OFREP, an unknown variation',
      targetingKey: 'forged-2',
      must: 'refused',
      send: () => ofrep('forged-2', { flagKey, variationId: 'nothing' }),
    },
    {
      name: 'OFREP, an unknown flag',
      targetingKey: 'forged-3',
      must: 'refused',
      send: () => ofrep('forged-3', { flagKey: 'nothing', variationId: variations[0] }),
    },
    {
      name: 'OFREP, the token of somebody else',
      targetingKey: 'forged-4',
      must: 'refused',
      send: () => ofrep('forged-4', { exposureToken: token }),
    },
    {
      name: 'OFREP, a token that was changed',
      targetingKey: 'somebody',
      must: 'refused',
      send: () => ofrep('somebody', { exposureToken: `${token.slice(0, -3)}AAA` }),
    },
    {
      name: 'Bucketeer, another variation',
      targetingKey: 'forged-5',
      must: 'unverified',
      send: async () => bucketeer('forged-5', flagKey, await otherThan('forged-5')),
    },
    {
      name: 'Bucketeer, an unknown variation',
      targetingKey: 'forged-9',
      must: 'refused',
      send: () => bucketeer('forged-9', flagKey, 'nothing'),
    },
    {
      name: 'Bucketeer, an unknown flag',
      targetingKey: 'forged-10',
      must: 'refused',
      send: () => bucketeer('forged-10', 'nothing', variations[0]!),
    },
    {
      name: 'AB Tasty, an unknown variation',
      targetingKey: 'forged-11',
      must: 'refused',
      send: () => activate('forged-11', ruleId, 'nothing'),
    },
    {
      name: 'AB Tasty, another variation',
      targetingKey: 'forged-6',
      must: 'unverified',
      send: async () => activate('forged-6', ruleId, await otherThan('forged-6')),
    },
    {
      name: 'AB Tasty, an unknown campaign',
      targetingKey: 'forged-7',
      must: 'refused',
      send: () => activate('forged-7', 'nothing', variations[0]!),
    },
    {
      name: 'AB Tasty, a hit without a key',
      targetingKey: 'forged-8',
      must: 'as sent',
      send: () =>
        ask(target, '/', {
          method: 'POST',
          body: JSON.stringify({ cid: environmentId, t: 'EVENT', vid: 'forged-8', ea: 'purchase' }),
        }),
    },
  ]
}
