// How soon a scheduled change is live at edge after its time: 99 of them, three seconds apart, on a real
// stack. A client asks edge every 20 ms. Each change serves the next of 100 numbers, so that a change which
// the client is too late for shows by a later one, as late as that is.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { call } from '../../scripts/admin.ts'
import { freePort } from '../../scripts/free-port.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'

/** Of 100 variations, which is all that a flag may have, the first is there at the start. */
const schedules = 99
const apartMs = 3_000
const askEveryMs = 20
const createdWithinMs = 60_000
const at = '/environments/shop'

const serving = (number: number) => ({
  defaultStrategy: { strategy: { kind: 'fixed', variationId: `v${number}` } },
})

export async function benchSchedules(): Promise<void> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tackline-schedules-'))
  const stack = await startStack({ port: await freePort(), directory, state: 'reset' })
  try {
    const key = await prepare(stack)
    const begin = Date.now() + createdWithinMs
    for (let i = 0; i < schedules; i++)
      await call(stack, 'POST', `${at}/schedules`, {
        flagKey: 'banner',
        at: begin + i * apartMs,
        changes: serving(i + 2),
      })
    const delays: number[] = []
    for (let i = 0; i < schedules; i++) {
      const due = begin + i * apartMs
      await pause(Math.max(0, due - Date.now()))
      while ((await served(stack, key)) < i + 2) await pause(askEveryMs)
      delays.push(Date.now() - due)
    }
    const sorted = delays.toSorted((a, b) => a - b)
    const quantile = (q: number) => `${sorted[Math.ceil(q * sorted.length) - 1]} ms`
    console.log(`
| a scheduled change is live at edge, after its time | |
| --- | --- |
| p50 | ${quantile(0.5)} |
| p99 of ${schedules} | ${quantile(0.99)} (aim: 2000 ms) |
| slowest | ${quantile(1)} |`)
  } finally {
    await stack.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function prepare(stack: Stack): Promise<string> {
  await call(stack, 'POST', '/environments', { id: 'shop' })
  const variations = Array.from({ length: schedules + 1 }, (_, i) => ({
    id: `v${i + 1}`,
    name: String(i + 1),
    value: String(i + 1),
  }))
  await call(stack, 'POST', `${at}/flags`, {
    key: 'banner',
    name: 'Banner',
    type: 'number',
    enabled: true,
    variations,
    offVariationId: 'v1',
    ...serving(1),
  })
  const { key } = await call<{ key: string }>(stack, 'POST', `${at}/sdk-keys`, { role: 'client' })
  while ((await served(stack, key)) !== 1) await pause(askEveryMs)
  return key
}

/** The number that a client gets; 0 before the flag is there. */
async function served({ url }: Stack, key: string): Promise<number> {
  const response = await fetch(`${url}/ofrep/v1/evaluate/flags/banner`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: '{"context":{"targetingKey":"ada"}}',
  })
  return ((await response.json()) as { value?: number }).value ?? 0
}
