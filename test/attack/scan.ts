// Questions about environments that do not exist: nothing is left behind, in no Durable Object and no
// database.
import { readdirSync } from 'node:fs'
import { createTestEnvironment, pause } from '../support/environment.ts'
import { ask, inLanes, type Section } from './section.ts'
import { bearer, durableObjects, type Target } from './target.ts'

/** Files of the databases of all Durable Objects: workerd stores one per object. */
const databases = (target: Target): string[] =>
  readdirSync(durableObjects(target), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.sqlite'),
  )

const evaluate = (target: Target, key: string) =>
  ask(target, '/ofrep/v1/evaluate/flags', {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json' },
    body: JSON.stringify({ context: { targetingKey: 'ada' } }),
  })

/** Every way to name an environment without being let in. */
const questions: readonly ((id: string) => readonly [path: string, init?: RequestInit])[] = [
  (id) => [`/${id}/bucketing.json`],
  (id) => [`/${id}/accountSettings.json`],
  (id) => [`/${id}/changes?key=tl_client_${id}_${'0'.repeat(48)}`],
  (id) => [
    '/get_evaluations',
    { method: 'POST', headers: { authorization: `tl_client_${id}_${'0'.repeat(48)}` }, body: '{}' },
  ],
  (id) => [
    `/v2/${id}/campaigns`,
    {
      method: 'POST',
      headers: { 'x-api-key': `tl_client_${id}_${'0'.repeat(48)}` },
      body: '{"visitor_id":"a"}',
    },
  ],
  (id) => ['/', { method: 'POST', body: JSON.stringify({ cid: id, t: 'EVENT', vid: 'a', ea: 'b' }) }],
  (id) => [`/api/v1/environments/${id}/openfeature/v0/manifest`],
  (id) => [`/api/v1/environments/${id}/flags`, { headers: bearer(`tl_server_${id}_${'0'.repeat(48)}`) }],
]

export const scan: Section = {
  name: 'random ids',
  claim: 'asking about unknown environments stores nothing, and a new one is served at once',
  async run(target) {
    await evaluate(target, target.here.clientKey)
    await ask(target, '/readyz')
    const before = databases(target)
    const count = target.isShort ? 300 : 10_000
    const statuses = new Set<number>()
    const report = await inLanes(
      Array.from({ length: count }, (_, i) => i),
      async (i) => {
        const id = `${(i * 2_654_435_761) % 2 ** 32}-scan`
        const [path, init] = questions[i % questions.length]!(id)
        const { status } = await ask(target, path, init)
        statuses.add(status)
        return status >= 400 && status < 500 ? undefined : `${path}: ${status}`
      },
      20,
    )
    const left = databases(target).filter((name) => !before.includes(name))
    const findings = [...report.findings, ...left.map((name) => `left the database ${name}`)]

    const late = `late-${target.here.environmentId.split('-').at(-1)}`
    const missed = await evaluate(target, `tl_client_${late}_${'0'.repeat(48)}`)
    if (missed.status !== 403) findings.push(`a key of no environment: ${missed.status}`)
    const created = await createTestEnvironment(target, late) // KV may remember for a minute that it is not there
    const deadline = Date.now() + 5_000
    let status = 0
    while (status !== 200 && Date.now() < deadline) {
      ;({ status } = await evaluate(target, created.clientKey))
      await pause(50)
    }
    if (status !== 200)
      findings.push(`an environment that was asked for before it existed is not served: ${status}`)
    const made = databases(target).length - before.length
    // The environment's own, and that of its intake, which notes what is published.
    if (made !== 2) findings.push(`one environment made ${made} databases`)
    const seen = `${before.length} databases before, ${before.length + left.length} after ${count} ids; statuses ${[...statuses].join(', ')}`
    return { probes: report.probes, findings, seen }
  },
}
