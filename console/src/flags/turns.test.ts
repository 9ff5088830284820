// Whatever is clicked when, each change goes out on a version that was shown or made by the one before it.
import { expect, it } from 'vitest'
import { Turns } from './turns.ts'

/** A store of versions by place; it answers when it is told to. */
function world(versions: Record<string, number>) {
  const turns = new Turns()
  const sent: (readonly [place: string, version: number])[] = []
  const answers: (() => void)[] = []
  const change = (place: string, shown: number) =>
    turns.take(place, shown, async (version) => {
      sent.push([place, version])
      await new Promise<void>((resolve) => answers.push(resolve))
      if (versions[place] !== version) throw new Error('stale')
      versions[place] = version + 1
      return { entity: { version: version + 1 } }
    })
  const answer = async () => {
    answers.shift()!()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { change, answer, sent, versions }
}

it('the second goes out on the version that the first made, and so on', async () => {
  const { change, answer, sent } = world({ a: 1 })
  const all = [change('a', 1), change('a', 1), change('a', 1)]
  expect(sent).toEqual([['a', 1]])
  for (const _ of all) await answer()
  expect((await Promise.all(all)).map(({ entity }) => entity.version)).toEqual([2, 3, 4])
  expect(sent).toEqual([
    ['a', 1],
    ['a', 2],
    ['a', 3],
  ])
})

it('another place has versions of its own, also for a flag of the same key', async () => {
  const { change, answer, sent } = world({ 'dev/a': 57, 'staging/a': 3 })
  const all = [change('dev/a', 57), change('staging/a', 3)]
  await answer()
  await answer()
  await Promise.all(all)
  expect(sent).toEqual([
    ['dev/a', 57],
    ['staging/a', 3],
  ])
})

it('once it is answered, what is shown counts: a version that a colleague made is not overwritten unseen', async () => {
  const { change, answer, versions } = world({ a: 1 })
  const first = change('a', 1)
  await answer()
  await first
  // deleted and made again, and edited once by a colleague: version 2, of which version 1 is shown
  versions['a'] = 2
  const second = change('a', 1)
  await Promise.all([expect(second).rejects.toThrow('stale'), answer()])
  expect(versions['a']).toBe(2)
})

it('after one that was refused, the next goes out on what was shown', async () => {
  const { change, answer, sent, versions } = world({ a: 5 })
  const [first, second] = [change('a', 4), change('a', 4)]
  await Promise.all([expect(first).rejects.toThrow('stale'), answer()])
  await Promise.all([expect(second).rejects.toThrow('stale'), answer()])
  expect(sent).toEqual([
    ['a', 4],
    ['a', 4],
  ])
  expect(versions['a']).toBe(5)
})
