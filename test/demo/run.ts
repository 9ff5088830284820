// `npm run demo`: the whole loop with the vendors' own SDKs. 2,000 visitors are exposed to one rollout
// through three protocols. Their actions are counted from the lake and fitted, a verdict follows, and a
// failing flag is turned off. Exits with 0 only if every printed claim held.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOptions, readWholeNumber } from '../../scripts/command-line.ts'
import { seedDemo } from '../../scripts/demo-data.ts'
import { type Admin } from '../../scripts/admin.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'
import { checkConclusion, checkKillSwitch, type Claims, claims, type Met } from './claims.ts'
import {
  type Answers,
  meetThroughBucketeer,
  meetThroughFlagship,
  meetThroughOpenFeature,
  openFeatureProvider,
  purchase,
  redirectFlagshipHosts,
  startFlagship,
  type Target,
} from './clients.ts'
import { concludeFromLake } from './conclude.ts'
import { progress } from './progress.ts'
import { trueConversion, visitors } from './visitors.ts'

const { values } = readOptions({
  visitors: { type: 'string' },
  quick: { type: 'boolean', default: false },
  seed: { type: 'string', default: '20261121' },
  'own-stack': { type: 'boolean', default: false },
})
const visitorsDefault = values.quick ? '200' : '2000'
const visitorCount = readWholeNumber('visitors', values.visitors ?? visitorsDefault, 1, 1_000_000)
const seed = readWholeNumber('seed', values.seed, 0, 2 ** 32 - 1)

/** For whoever interrupts it, or reads why it failed. */
let doing = 'the stack was starting'

async function demo(admin: Admin): Promise<number> {
  doing = 'the demo data were being made'
  const environmentId = `demo-${Date.now().toString(36)}`
  const { clientKey } = await seedDemo(admin, environmentId)
  const target: Target = { url: admin.url, environmentId, clientKey }
  console.log(`\nEnvironment ${environmentId} on ${admin.url}\n`)
  const held = claims()
  const fileBefore = await bucketingFile(target)
  doing = `visitors were being sent to environment ${environmentId}`
  const met = await meetEverybody(target, held)
  doing = `the events of environment ${environmentId} were being counted`
  const conclusion = await concludeFromLake(admin, environmentId)
  checkConclusion(held, conclusion, met)
  doing = `the kill switch of environment ${environmentId} was being watched`
  await checkKillSwitch(held, conclusion, met, fileBefore, () => bucketingFile(target))
  return held.report()
}

/** Sends every visitor through every SDK. Returns users and purchases by variation. */
async function meetEverybody(target: Target, held: Claims): Promise<Met> {
  const everybody = visitors(visitorCount, seed)
  const perProtocol = {
    'AB Tasty (bucketing)': new Map<string, number>(),
    Bucketeer: new Map<string, number>(),
    OFREP: new Map<string, number>(),
  }
  const checkout: Record<string, { users: number; purchases: number }> = {}
  const search = { users: 0, errors: 0 }
  const disagreements: string[] = []
  const restoreFetch = redirectFlagshipHosts(target.url)
  try {
    const flagship = await startFlagship(target)
    const provider = openFeatureProvider(target)
    const bar = progress('visitors', everybody.length)
    for (const visitor of everybody) {
      const { answers, variationId, visitor: session } = await meetThroughFlagship(flagship, visitor)
      const [bucketeer, openFeature] = await Promise.all([
        meetThroughBucketeer(target, visitor),
        meetThroughOpenFeature(provider, visitor),
      ])
      if (!isSame(answers, bucketeer) || !isSame(answers, openFeature)) {
        disagreements.push(`${visitor.id}: ${JSON.stringify({ flagship: answers, bucketeer, openFeature })}`)
      }
      count(perProtocol['AB Tasty (bucketing)'], answers['new-checkout'])
      count(perProtocol.Bucketeer, bucketeer['new-checkout'])
      count(perProtocol.OFREP, openFeature['new-checkout'])
      const isBuying = visitor.inclination < (trueConversion[variationId] ?? 0)
      if (isBuying) await purchase(session)
      if (visitor.context.plan !== 'team') {
        checkout[variationId] ??= { users: 0, purchases: 0 }
        checkout[variationId].users++
        if (isBuying) checkout[variationId].purchases++
      }
      if (bucketeer['fast-search']) {
        search.users++
        if (visitor.meetsError) search.errors++
      }
      bar.step()
    }
    bar.end()
    await flagship.close()
  } finally {
    restoreFetch()
  }
  console.log('Visitors per variation of new-checkout, by protocol:')
  const rows = Object.entries(perProtocol).map(([name, counts]) => [name, Object.fromEntries(counts)])
  console.table(Object.fromEntries(rows))
  held.check(
    `all three protocols gave each of ${everybody.length} visitors the same answers`,
    disagreements.length === 0,
    disagreements.slice(0, 3).join('\n'),
  )
  return { checkout, search }
}

/** Uses the running stack of `npm start`, or starts one and stops it afterwards, however it ends. */
async function withStack(work: (admin: Admin) => Promise<number>): Promise<number> {
  const running = values['own-stack'] ? undefined : await findRunningStack()
  const directory = running ? undefined : mkdtempSync(join(tmpdir(), 'tackline-demo-'))
  let stack: Stack | undefined
  const interrupted = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        console.error(`\nStopped by ${signal} while ${doing}.`)
        resolve(130)
      })
  })
  const done = async () => {
    if (running) return work(running)
    console.log('Starting a stack for the demo.')
    stack = await startStack({ port: await freePort(), directory: directory!, state: 'reset' })
    return work(stack)
  }
  try {
    return await Promise.race([done(), interrupted])
  } catch (error) {
    console.error(`It failed while ${doing}: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  } finally {
    await stack?.stop()
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function findRunningStack(): Promise<Admin | undefined> {
  const path = join(import.meta.dirname, '../../.tackline/local.json')
  if (!existsSync(path)) return undefined
  const local = JSON.parse(readFileSync(path, 'utf8')) as Admin
  const response = await fetch(`${local.url}/healthz`).catch(() => undefined)
  return response?.ok ? local : undefined
}

async function bucketingFile({ url, environmentId }: Target) {
  const response = await fetch(`${url}/${environmentId}/bucketing.json`)
  return { text: await response.text(), lastModified: response.headers.get('last-modified') ?? '' }
}

const isSame = (a: Answers, b: Answers) => JSON.stringify(a) === JSON.stringify(b)

function count(counts: Map<string, number>, value: string): void {
  counts.set(value, (counts.get(value) ?? 0) + 1)
}

// The SDKs leave timers behind that cannot be stopped.
process.exit(await withStack(demo))
