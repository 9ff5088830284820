// How soon a scheduled change is live at edge after its time: 100 of them, three seconds apart, on a real
// stack. A client asks edge every 20 ms: as soon as its decision differs, the change is live.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { call } from '../../scripts/admin.ts'
import { freePort } from '../../scripts/free-port.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'

const schedules = 100
const apartMs = 3_000
const askEveryMs = 20
const at = '/environments/shop'

export async function benchSchedules(): Promise<void> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tackline-schedules-'))
  const stack = await startStack({ port: await freePort(), directory, state: 'reset' })
  try {
    const key = await prepare(stack)
    const begin = Date.now() + 20_000
    for (let i = 0; i < schedules; i++)
      await call(stack, 'POST', `${at}/schedules`, {
        flagKey: 'banner',
        at: begin + i * apartMs,
        changes: { enabled: i % 2 === 1 },
      })
    const delays: number[] = []
    for (let i = 0; i < schedules; i++) {
      const due = begin + i * apartMs
      await pause(Math.max(0, due - Date.now()))
      while ((await isOn(stack, key)) !== (i % 2 === 1)) await pause(askEveryMs)
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
  const variations = ['on', 'off'].map((id) => ({ id, name: id, value: String(id === 'on') }))
  await call(stack, 'POST', `${at}/flags`, {
    key: 'banner',
    name: 'Banner',
    type: 'boolean',
    enabled: true,
    variations,
    offVariationId: 'off',
    defaultStrategy: { strategy: { kind: 'fixed', variationId: 'on' } },
  })
  const { key } = await call<{ key: string }>(stack, 'POST', `${at}/sdk-keys`, { role: 'client' })
  while ((await isOn(stack, key)) !== true) await pause(askEveryMs)
  return key
}

async function isOn({ url }: Stack, key: string): Promise<unknown> {
  const response = await fetch(`${url}/ofrep/v1/evaluate/flags/banner`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: '{"context":{"targetingKey":"ada"}}',
  })
  return ((await response.json()) as { value?: unknown }).value
}
