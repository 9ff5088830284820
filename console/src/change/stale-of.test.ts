// Which refusals of a real environment mean that somebody else was faster.
import { describe, expect, it } from 'vitest'
import type { Result } from '../../../core/model/problem.ts'
import { allot, dayMs, experimentOn, start, world } from '../../../test/support/hold-back-world.ts'
import { problemResponse } from '../../../workers/http/problem-response.ts'
import { Refused } from '../api/client.ts'
import { staleOf } from './stale-of.ts'

/** As the admin API answers it, and the console reads it. */
async function refusalOf(result: Result<unknown>) {
  if (result.ok) throw new Error('was not refused')
  const problem = (await problemResponse(result.problem).json()) as Refused['problem']
  return new Refused(result.problem.code, result.problem.message, problem)
}

const schedule = (id: string, day: number, changes: object) => ({
  kind: 'create-schedule',
  schedule: { id, name: id, flagKey: 'x', at: start + day * dayMs, changes },
})
const holdout = {
  kind: 'create-holdout',
  holdout: { id: 'h', slices: 500, flagKeys: ['y'], goalKeys: ['buy'], stopAt: start + 90 * dayMs },
}

function prepared() {
  const here = world()
  here.make(schedule('night-off', 1, { enabled: false }))
  here.make(schedule('launch', 2, { enabled: true }))
  here.make({ kind: 'create-layer', layer: { id: 'l' } })
  here.make(allot('x', 8_000))
  here.make(holdout)
  here.make(experimentOn('z'))
  return here
}

describe('an edit on an older version', () => {
  it.each([
    [
      'a schedule',
      { kind: 'update-schedule', id: 'launch', changes: { name: 'Late' } },
      'schedule',
      'launch',
    ],
    ['a layer', { kind: 'update-layer', id: 'l', changes: { name: 'Late' } }, 'layer', 'l'],
    ['an allotment', allot('y', 100), 'layer', 'l'],
    ['a deletion', { kind: 'delete-flag', id: 'y' }, 'flag', 'y'],
    ['the settings', { kind: 'update-settings', changes: { panic: true } }, 'settings', undefined],
  ] as const)('of %s is one: what is stored now is told', async (_, command, kind, id) => {
    const here = prepared()
    const stored = id === undefined ? { version: 0 } : here.state[kind].get(id)!
    const cause = await refusalOf(here.run({ ...command, version: stored.version + 1 }))
    expect(staleOf(cause)).toMatchObject({ version: stored.version })
  })
})

describe('a conflict of another kind is shown as what it is', () => {
  const at = start + dayMs
  it.each([
    ['a contrary schedule', 'launch', { kind: 'update-schedule', id: 'launch', changes: { at } }, 'schedule'],
    ['no room in the layer', 'l', allot('y', 5_000), 'layer'],
    ['a running holdout', 'h', { kind: 'update-holdout', id: 'h', changes: { slices: 100 } }, 'holdout'],
    [
      'a running experiment',
      'z-test',
      { kind: 'update-experiment', id: 'z-test', changes: { design: { minimumDays: 21 } } },
      'experiment',
    ],
    [
      'a running experiment that is deleted',
      'z-test',
      { kind: 'delete-experiment', id: 'z-test' },
      'experiment',
    ],
    ['a flag that is not archived', 'y', { kind: 'delete-flag', id: 'y' }, 'flag'],
  ] as const)('%s', async (_, id, command, kind) => {
    const here = prepared()
    const { version } = here.state[kind].get(id)!
    const cause = await refusalOf(here.run({ ...command, version }))
    expect(cause.code).toBe('CONFLICT')
    expect(cause.problem.current).toHaveProperty('version')
    expect(staleOf(cause)).toBeUndefined()
  })

  it('an id that is taken', async () => {
    const cause = await refusalOf(prepared().run(schedule('launch', 3, { name: 'New' })))
    expect(cause.problem.current).toMatchObject({ id: 'launch', version: 1 })
    expect(staleOf(cause)).toBeUndefined()
  })

  it('other codes and other errors', () => {
    const problem = { current: { version: 2 }, yours: { version: 1 } }
    expect(staleOf(new Refused('CONFLICT', 'stale', problem))).toEqual({ version: 2 })
    expect(staleOf(new Refused('IN_USE', 'used', problem))).toBeUndefined()
    expect(staleOf(new Error('broken'))).toBeUndefined()
  })
})
