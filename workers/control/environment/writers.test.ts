// Two writers of one environment that crash anywhere, on real D1 and KV, against a model that knows nothing
// of either. Laws: a change that was acknowledged is one revision, one that was not is at most one, the
// revisions in their order explain what is stored, and after one alarm D1, KV and the object agree.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import * as fc from 'fast-check'
import { beforeAll, expect, it, vi } from 'vitest'
import { call, environment, objectOf, useOwner } from '../../../test/support/control-entities.ts'
import { database, env, flagDraft } from '../../../test/support/control-plane.ts'
import { Command } from '../../../core/change/command.ts'
import type { CommandAnswer } from '../../contracts/environment-contract.ts'
import { listRevisions, loadEnvironment } from '../../storage/configuration.ts'
import { bucketingFile } from '../../protocols/flagship-io/bucketing-file.ts'
import { publishSnapshot } from '../../storage/snapshots.ts'
import { type WriterState, type WriterPorts, execute, snapshotOf } from './writer.ts'

beforeAll(useOwner)

/** Where a writer dies. `publish` has two writes: the snapshot, and the pointer to it. */
const crashes = [
  'nowhere',
  'nowhere',
  'nowhere',
  'before arming',
  'before commit',
  'after commit',
  'between snapshot and pointer',
  'after publishing',
] as const
type Crash = (typeof crashes)[number]

interface Step {
  readonly writer: 0 | 1
  readonly crash: Crash
  readonly kind: 'goal' | 'flag'
  readonly deed: 'create' | 'rename' | 'turn' | 'archive' | 'delete'
  readonly key: 'a' | 'b'
  readonly isOn: boolean
  /** Version it is meant for; 0: whatever is there. */
  readonly version: number
}

const step: fc.Arbitrary<Step> = fc.record({
  writer: fc.constantFrom(0, 1),
  crash: fc.constantFrom(...crashes),
  kind: fc.constantFrom('goal', 'flag'),
  deed: fc.constantFrom('create', 'create', 'rename', 'turn', 'archive', 'delete'),
  key: fc.constantFrom('a', 'b'),
  isOn: fc.boolean(),
  version: fc.constantFrom(0, 0, 1, 2),
})

function toCommand({ kind, deed, key, isOn, version }: Step, place: number): Command {
  const seen = version === 0 ? {} : { version }
  if (deed === 'create')
    return Command.parse(
      kind === 'flag'
        ? { kind: 'create-flag', flag: flagDraft(key) }
        : { kind: 'create-goal', goal: { key } },
    )
  if (deed === 'delete') return Command.parse({ kind: `delete-${kind}`, id: key, ...seen })
  if (kind === 'goal')
    return Command.parse({ kind: 'update-goal', id: key, ...seen, changes: { name: `${place % 3}` } })
  const changes =
    deed === 'turn' ? { enabled: isOn } : deed === 'archive' ? { archived: isOn } : { name: `${place % 3}` }
  return Command.parse({ kind: 'update-flag', key, ...seen, changes })
}

type Thing = { name: string; version: number; enabled: boolean; archived: boolean }
type Model = Map<string, Thing>

/** What a command does, said once more and simply. */
function apply(
  model: Model,
  { kind, deed, key, isOn, version }: Step,
  place: number,
): 'done' | 'nothing' | 'refused' {
  const id = `${kind} ${key}`
  const thing = model.get(id)
  if (deed === 'create') {
    if (thing) return 'refused'
    model.set(id, { name: '', version: 1, enabled: kind === 'flag', archived: false })
    return 'done'
  }
  if (!thing || (version !== 0 && thing.version !== version)) return 'refused'
  if (deed === 'delete') {
    if (kind === 'flag' && !thing.archived) return 'refused'
    model.delete(id)
    return 'done'
  }
  const next = { ...thing }
  if (kind === 'flag' && deed === 'turn') next.enabled = isOn
  else if (kind === 'flag' && deed === 'archive') next.archived = isOn
  else next.name = `${place % 3}`
  if (JSON.stringify(next) === JSON.stringify(thing)) return 'nothing'
  model.set(id, { ...next, version: thing.version + 1 })
  return 'done'
}

class Crashed extends Error {}

function portsOf(path: string, crash: Crash): WriterPorts {
  const dieAt = (here: Crash) => {
    if (crash === here) throw new Crashed(here)
  }
  const kv = {
    put: async (key: string, text: string) => {
      if (key.startsWith('head:')) dieAt('between snapshot and pointer')
      await env.SNAPSHOTS.put(key, text)
    },
  } as KVNamespace
  const mortal = new Proxy(database, {
    get(target, name) {
      if (name !== 'batch') return Reflect.get(target, name) as unknown
      return async (statements: Parameters<typeof database.batch>[0]) => {
        const isCommit = statements.some((each) =>
          (each as unknown as { toSQL(): { sql: string } }).toSQL().sql.startsWith('insert'),
        )
        if (isCommit) dieAt('before commit')
        const done = await target.batch(statements)
        if (isCommit) dieAt('after commit')
        return done
      }
    },
  })
  return {
    database: mortal,
    now: () => Date.now(),
    newId: () => crypto.randomUUID(),
    async armRepair() {
      dieAt('before arming')
      await runInDurableObject(objectOf(path), (_, state) => state.storage.setAlarm(Date.now() + 60_000))
    },
    async publish(snapshot) {
      await publishSnapshot(kv, snapshot)
      dieAt('after publishing')
      return true
    },
    bucketingFileFingerprint: (snapshot) => JSON.stringify(bucketingFile(snapshot).file),
  }
}

const environmentIdOf = (path: string) => path.split('/')[2]!

/** `died`: nobody was told how it ended. */
async function run(
  path: string,
  memories: WriterState[],
  one: Step,
  place: number,
): Promise<CommandAnswer | 'died'> {
  const request = {
    environmentId: environmentIdOf(path),
    command: toCommand(one, place),
    actor: { kind: 'job', id: 'x', name: 'x' },
    origin: { ip: '', userAgent: '' },
    comment: `${place}`,
    mode: 'make',
  } as const
  try {
    return await execute(portsOf(path, one.crash), memories[one.writer]!, request)
  } catch (cause) {
    if (!(cause instanceof Crashed)) throw cause
    memories[one.writer] = { current: undefined } // what comes after a crash remembers nothing
    return 'died'
  }
}

it('lose no acknowledged change and make no other twice, wherever they crash', { timeout: 120_000 }, () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(step, fc.option(step)), { minLength: 1, maxLength: 12 }),
      async (rounds) => {
        const path = await environment()
        const id = environmentIdOf(path)
        await runDurableObjectAlarm(objectOf(path)) // that of its making: only what the writers arm counts
        const memories: WriterState[] = [{ current: undefined }, { current: undefined }]
        const steps: Step[] = []
        const answers: (CommandAnswer | 'died')[] = []
        for (const [first, second] of rounds) {
          // Two at once are of different writers, so that they race for one number.
          const pair = second ? [first, { ...second, writer: first.writer === 0 ? 1 : 0 } as Step] : [first]
          const places = pair.map((one) => steps.push(one) - 1)
          answers.push(...(await Promise.all(pair.map((one, i) => run(path, memories, one, places[i]!)))))
        }

        const revisions = (await listRevisions(database, id, Number.MAX_SAFE_INTEGER, 1_000))
          .toReversed()
          .slice(1)
        const model: Model = new Map()
        for (const { comment } of revisions)
          expect(apply(model, steps[Number(comment)]!, Number(comment))).toBe('done')
        const numbers = new Map(revisions.map(({ comment, number }) => [Number(comment), number]))
        expect(numbers.size).toBe(revisions.length)
        answers.forEach((answer, place) => {
          if (answer === 'died') return
          if (answer.ok && answer.changed) expect(numbers.get(place)).toBe(answer.revision)
          else expect(numbers.has(place)).toBe(false)
        })

        const stored = (await loadEnvironment(database, id))!
        const held: Model = new Map()
        for (const { key, name, version, enabled, archived } of stored.state.flag.values())
          held.set(`flag ${key}`, { name, version, enabled, archived })
        for (const { key, name, version } of stored.state.goal.values())
          held.set(`goal ${key}`, { name, version, enabled: false, archived: false })
        expect(Object.fromEntries(held)).toEqual(Object.fromEntries(model))

        if (revisions.length > 0) expect(await runDurableObjectAlarm(objectOf(path))).toBe(true)
        const newest = revisions.at(-1)?.number ?? 1
        expect(await objectOf(path).head(id)).toEqual({ status: 'known', revision: newest })
        expect(await env.SNAPSHOTS.get(`head:${id}`)).toBe(`${newest}`)
        expect(await env.SNAPSHOTS.get(`snapshot:${id}:${newest}`, 'json')).toEqual(
          JSON.parse(JSON.stringify(snapshotOf(id, stored))),
        )
        for (const { number } of revisions) {
          const archived = await env.LAKE.get(`snapshots/environment=${id}/${number}.json`)
          expect((await archived?.json<{ revision: number }>())?.revision).toBe(number)
        }
      },
    ),
    { numRuns: 25 },
  ),
)

it('are not kept waiting by an archive that is away: it follows, with what was never published filled in', async () => {
  const path = await environment()
  const id = environmentIdOf(path)
  await runInDurableObject(objectOf(path), async (object) => {
    const inside = (object as unknown as { env: typeof env }).env
    const archive = vi.spyOn(inside.LAKE, 'put').mockRejectedValue(new Error('R2 is away'))
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    expect((await call('POST', `${path}/goals`, { key: 'a' })).body).toMatchObject({ published: true })
    const kv = vi.spyOn(inside.SNAPSHOTS, 'put').mockRejectedValue(new Error('KV is away'))
    expect((await call('POST', `${path}/flags`, flagDraft('one'))).body).toMatchObject({ published: false })
    kv.mockRestore()
    expect((await call('POST', `${path}/flags`, flagDraft('two'))).body).toMatchObject({ published: true })
    await object.alarm!()
    archive.mockRestore()
    vi.restoreAllMocks()
  })
  expect(await env.LAKE.get(`snapshots/environment=${id}/4.json`)).toBeNull()
  expect(await runDurableObjectAlarm(objectOf(path))).toBe(true)
  const archived = await env.LAKE.get(`snapshots/environment=${id}/3.json`)
  expect((await archived?.json<{ flags: unknown[] }>())?.flags).toMatchObject([{ key: 'one' }])
})
