// The stack is killed while it writes. Afterwards every acknowledged change is there, and D1, KV and the
// environment object agree. Events in flight are not tested: the local queue keeps them in memory,
// Cloudflare's does not (docs/architecture.md).
import { afterAll, expect, it } from 'vitest'
import type { Flag } from '../../core/model/flag.ts'
import { call } from '../../scripts/admin.ts'
import { demoEnvironment, seedDemo } from '../../scripts/demo-data.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'
import { preparedFolder } from '../support/stack-fixture.ts'

const directory = await preparedFolder()
const path = `/environments/${demoEnvironment}`
const writers = 4
const cutsMs = [400, 700, 1_000]

let stack: Stack | undefined
afterAll(() => stack?.stop())

/** The last acknowledged description of each flag, and all requested ones. */
interface Ledger {
  readonly acknowledged: Map<string, string>
  readonly requested: Map<string, Set<string>>
  newestRevision: number
}

/** Writes descriptions as fast as responses come, until the stack is gone. */
async function writeUntilCut(to: Stack, writer: number, round: number, ledger: Ledger): Promise<void> {
  const key = `flag-${writer}`
  for (let n = 0; ; n++) {
    const description = `round ${round}, write ${n}`
    ledger.requested.set(key, (ledger.requested.get(key) ?? new Set()).add(description))
    try {
      const { revision } = await call<{ revision: number }>(to, 'PATCH', `${path}/flags/${key}`, {
        description,
        enabled: n % 2 === 0,
      })
      ledger.acknowledged.set(key, description)
      ledger.newestRevision = Math.max(ledger.newestRevision, revision)
    } catch {
      return
    }
  }
}

const draft = (key: string) => ({
  key,
  type: 'boolean',
  variations: [
    { id: `${key}-on`, value: 'true' },
    { id: `${key}-off`, value: 'false' },
  ],
  offVariationId: `${key}-off`,
  defaultStrategy: { strategy: { kind: 'fixed', variationId: `${key}-on` } },
})

it('loses no acknowledged change and publishes all or nothing', async () => {
  const port = await freePort()
  stack = await startStack({ port, directory, state: 'keep' })
  const { clientKey } = await seedDemo(stack, demoEnvironment)
  for (let i = 0; i < writers; i++) await call(stack, 'POST', `${path}/flags`, draft(`flag-${i}`))
  const ledger: Ledger = { acknowledged: new Map(), requested: new Map(), newestRevision: 0 }

  for (const [round, cutMs] of cutsMs.entries()) {
    const writing = Array.from({ length: writers }, (_, writer) =>
      writeUntilCut(stack!, writer, round, ledger),
    )
    await new Promise((resolve) => setTimeout(resolve, cutMs))
    await stack.kill()
    await Promise.all(writing)
    stack = await startStack({ port, directory, state: 'keep' })

    const { flags } = await call<{ flags: Flag[] }>(stack, 'GET', `${path}/flags`)
    const { revisions } = await call<{ revisions: { number: number }[] }>(
      stack,
      'GET',
      `${path}/revisions?limit=200`,
    )
    const newest = revisions[0]!.number
    expect(newest).toBeGreaterThanOrEqual(ledger.newestRevision)
    for (const [key, description] of ledger.acknowledged) {
      const stored = flags.find((flag) => flag.key === key)!.description
      // The write in flight may have been committed without a response. Nothing older than the last
      // acknowledged one may be there.
      const after = [...ledger.requested.get(key)!].slice(
        [...ledger.requested.get(key)!].indexOf(description),
      )
      expect(after).toContain(stored)
    }
    // Edge uses the environment object's head and KV's snapshot. Both must be D1's newest revision.
    await expect
      .poll(() => decisions(stack!, clientKey), { timeout: 10_000 })
      .toEqual({
        revision: String(newest),
        values: Object.fromEntries(flags.map((flag) => [flag.key, flag.version])),
      })
    expect(revisions.map(({ number }) => number)).toEqual(revisions.map((_, i) => newest - i))
  }
  expect(ledger.newestRevision).toBeGreaterThan(20)
}, 120_000)

async function decisions({ url }: Stack, clientKey: string) {
  const response = await fetch(`${url}/ofrep/v1/evaluate/flags`, {
    method: 'POST',
    headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
    body: '{"context":{"targetingKey":"ada"}}',
  })
  if (!response.ok) return response.status
  const body = (await response.json()) as {
    flags: { key: string; metadata: { version: string } }[]
    metadata: { version: string }
  }
  return {
    revision: body.metadata.version,
    values: Object.fromEntries(body.flags.map(({ key, metadata }) => [key, Number(metadata.version)])),
  }
}
