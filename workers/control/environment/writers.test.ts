// Two concurrent writers of one environment that crash at any point, on real D1 and KV, against a model.
// Properties: an acknowledged change is exactly one revision, any other at most one; the revisions, in order,
// explain what is stored; after one alarm, D1, KV and the object agree.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { beforeAll, expect, it, vi } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { call, environment, objectOf, useOwner } from '../../../test/support/control-entities.ts'
import { flagDraft } from '../../../test/support/build/flag-draft.ts'
import { database, env } from '../../../test/support/control-plane.ts'
import { Command } from '../../../core/change/command.ts'
import type { CommandAnswer } from '../../contracts/environment-contract.ts'
import { listRevisions, loadEnvironment } from '../../storage/configuration.ts'
import { bucketingFile } from '../../protocols/flagship-io/bucketing-file.ts'
import { publishSnapshot } from '../../storage/snapshots.ts'
import { type WriterState, type WriterPorts, execute, snapshotOf } from './writer.ts'

beforeAll(useOwner)

/** Where a writer crashes. Publishing has two writes: the snapshot, and the pointer to it. */
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
  readonly action: 'create' | 'rename' | 'toggle' | 'archive' | 'delete'
  readonly key: 'a' | 'b'
  readonly isOn: boolean
  /** The expected version; 0 for any. */
  readonly version: number
}

const step: fc.Arbitrary<Step> = fc.record({
  writer: fc.constantFrom(0, 1),
  crash: fc.constantFrom(...crashes),
  kind: fc.constantFrom('goal', 'flag'),
  action: fc.constantFrom('create', 'create', 'rename', 'toggle', 'archive', 'delete'),
  key: fc.constantFrom('a', 'b'),
  isOn: fc.boolean(),
  version: fc.constantFrom(0, 0, 1, 2),
})

function toCommand({ kind, action, key, isOn, version }: Step, index: number): Command {
  const expectedVersion = version === 0 ? {} : { version }
  if (action === 'create')
    return Command.parse(
      kind === 'flag'
        ? { kind: 'create-flag', flag: flagDraft(key) }
        : { kind: 'create-goal', goal: { key } },
    )
  if (action === 'delete') return Command.parse({ kind: `delete-${kind}`, id: key, ...expectedVersion })
  if (kind === 'goal')
    return Command.parse({
      kind: 'update-goal',
      id: key,
      ...expectedVersion,
      changes: { name: `${index % 3}` },
    })
  const changes =
    action === 'toggle'
      ? { enabled: isOn }
      : action === 'archive'
        ? { archived: isOn }
        : { name: `${index % 3}` }
  return Command.parse({ kind: 'update-flag', key, ...expectedVersion, changes })
}

type Thing = { name: string; version: number; enabled: boolean; archived: boolean }
type Model = Map<string, Thing>

/** The model: a second, simple implementation of the commands. */
function apply(
  model: Model,
  { kind, action, key, isOn, version }: Step,
  index: number,
): 'done' | 'nothing' | 'refused' {
  const id = `${kind} ${key}`
  const thing = model.get(id)
  if (action === 'create') {
    if (thing) return 'refused'
    model.set(id, { name: '', version: 1, enabled: kind === 'flag', archived: false })
    return 'done'
  }
  if (!thing || (version !== 0 && thing.version !== version)) return 'refused'
  if (action === 'delete') {
    if (kind === 'flag' && !thing.archived) return 'refused'
    model.delete(id)
    return 'done'
  }
  const next = { ...thing }
  if (kind === 'flag' && action === 'toggle') next.enabled = isOn
  else if (kind === 'flag' && action === 'archive') next.archived = isOn
  else next.name = `${index % 3}`
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
    put: async (key: string, text: string | Uint8Array) => {
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
    async publish(encoded) {
      await publishSnapshot(kv, encoded)
      dieAt('after publishing')
      return true
    },
    wake() {},
    bucketingFileFingerprint: (snapshot) => JSON.stringify(bucketingFile(snapshot).file),
  }
}

const environmentIdOf = (path: string) => path.split('/')[2]!

/** `died`: the caller got no answer. */
async function run(
  path: string,
  memories: WriterState[],
  one: Step,
  index: number,
): Promise<CommandAnswer | 'died'> {
  const request = {
    environmentId: environmentIdOf(path),
    command: toCommand(one, index),
    actor: { kind: 'job', id: 'x', name: 'x' },
    origin: { ip: '', userAgent: '' },
    comment: `${index}`,
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

it('lose no acknowledged change and repeat none, wherever they crash', { timeout: 120_000 }, () =>
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
          // concurrent commands go to different writers, so that they compete for a revision number
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
        answers.forEach((answer, index) => {
          if (answer === 'died') return
          if (answer.ok && answer.changed) expect(numbers.get(index)).toBe(answer.revision)
          else expect(numbers.has(index)).toBe(false)
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

it('do not wait for the archive, which gets every revision later, also unpublished ones', async () => {
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
