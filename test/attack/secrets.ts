// What any program of the run has logged: the Workers, wrangler, the batch runner. No line may hold a
// secret or what identifies a user.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call } from '../../scripts/admin.ts'
import { root, typescript } from '../../scripts/tool.ts'
import { pause } from '../support/environment.ts'
import { ask, type Section } from './section.ts'
import { bearer, type Target } from './target.ts'

export const secrets: Section = {
  name: 'secrets',
  claim: 'no log line of a Worker, of the stack or of the runner holds a secret or a targeting key',
  async run(target) {
    const findings = await sendOfEveryKind(target)
    await pause(3_000) // the queue waits for a batch to fill, and a log line its turn
    const runner = await runBatch(target)
    if (!/environment|operation|experiment|Nothing/i.test(runner)) findings.push(`the runner said: ${runner}`)
    const exposureSecret = readFileSync(join(target.directory, 'exposure-secret'), 'utf8')
    target.secrets.set('the exposure secret', exposureSecret)
    const names = readdirSync(target.directory).filter((name) => name.endsWith('.log'))
    const logs = names.map((name) => [name, readFileSync(join(target.directory, name), 'utf8')] as const)
    if (!logs.some(([, text]) => text.includes('"where":"request"'))) findings.push('the log has no request')
    const texts = [...logs, ['the output of the runner', runner] as const]
    for (const [name, text] of texts)
      for (const [what, secret] of target.secrets)
        if (text.includes(secret)) findings.push(`${name} holds ${what}: ${lineWith(text, secret)}`)
    const lines = texts.reduce((sum, [, text]) => sum + text.split('\n').length, 0)
    return { probes: target.secrets.size, findings, seen: `${target.secrets.size} secrets in ${lines} lines` }
  },
}

/** The line that holds it, without it. */
const lineWith = (text: string, secret: string): string =>
  (text.split('\n').find((line) => line.includes(secret)) ?? '').replaceAll(secret, '(it)').slice(0, 200)

/** Requests whose secrets and contexts must leave no trace, good ones and bad ones. */
async function sendOfEveryKind(target: Target): Promise<string[]> {
  const { here, token } = target
  const path = `/environments/${here.environmentId}`
  const [who, plan] = ['targeting-key-of-ada', 'attribute-of-ada']
  const trigger = await call<{ token: string }>(target, 'POST', `${path}/triggers`, {
    flagKey: 'title',
    action: 'turn-off',
  })
  const foreignKey = `brought-along-${here.environmentId}`
  await call(target, 'POST', `${path}/import/flagship-io`, {
    campaigns: [],
    sdkKeys: [{ key: foreignKey, role: 'client' }],
  })
  const wrong = `tl_client_${here.environmentId}_${'f'.repeat(48)}`
  const sent = { 'a targeting key': who, 'an attribute': plan, 'a trigger': trigger.token }
  for (const [name, secret] of Object.entries({
    ...sent,
    'an imported key': foreignKey,
    'a wrong key': wrong,
  }))
    target.secrets.set(name, secret)

  const findings: string[] = []
  const expectStatus = async (wanted: number, to: string, key: string, body?: unknown) => {
    const init =
      body === undefined
        ? {}
        : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }
    const headers = { ...bearer(key), 'content-type': 'application/json' }
    const { status } = await ask(target, to, { ...init, headers })
    if (status !== wanted) findings.push(`${to.slice(0, 40)}: ${status}, not ${wanted}`)
  }
  const context = { targetingKey: who, plan }
  for (const key of [here.clientKey, here.serverKey, foreignKey]) {
    await expectStatus(200, '/ofrep/v1/evaluate/flags', key, { context })
    await expectStatus(404, '/ofrep/v1/evaluate/flags/none', key, { context })
    await expectStatus(200, '/ofrep/v1/track', key, { context, events: [{ kind: 'goal', name: 'buy' }] })
    await expectStatus(400, '/ofrep/v1/evaluate/flags', key, '{')
  }
  await expectStatus(403, '/ofrep/v1/evaluate/flags', wrong, { context })
  const hit = { vid: who, t: 'SEGMENT', s: { plan } }
  await expectStatus(204, '/', here.clientKey, { cid: here.environmentId, t: 'BATCH', h: [hit] })
  await expectStatus(200, '/api/v1/triggers', trigger.token, {})
  await expectStatus(404, '/api/v1/triggers', `${trigger.token.slice(0, -1)}x`, {})
  await expectStatus(401, '/api/v1/environments', `${token}x`)
  await expectStatus(404, `/api/v1${path}/flags/title`, token, { not: plan })
  return findings
}

/** The runner's whole output, with all its work for one environment. */
async function runBatch(target: Target): Promise<string> {
  const cache = mkdtempSync(join(tmpdir(), 'tackline-attack-'))
  const args = [...typescript, 'batch/cli.ts', 'operations', '--environment', target.here.environmentId]
  const env = {
    ...process.env,
    TACKLINE_URL: target.url,
    TACKLINE_TOKEN: target.token,
    TACKLINE_LAKE_CACHE: cache,
  }
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  await new Promise((resolve) => child.once('close', resolve))
  rmSync(cache, { recursive: true, force: true })
  return output
}
