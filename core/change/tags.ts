// Tags come into being with the first flag that carries them.
import type { EnvironmentState, Write } from '../model/environment-state.ts'
import type { ChangeContext } from './entity.ts'

/** The writes, and before them the tags that flags among them carry and nobody has made yet. */
export function withTags(
  state: EnvironmentState,
  writes: readonly Write[],
  { now }: ChangeContext,
): readonly Write[] {
  const carried = writes.flatMap((write) => (write.kind === 'flag' ? (write.value?.tags ?? []) : []))
  const made = new Set(writes.flatMap(({ kind, id, value }) => (kind === 'tag' && value ? [id] : [])))
  const fresh = [...new Set(carried)].filter((key) => !state.tag.has(key) && !made.has(key))
  if (fresh.length === 0) return writes
  const tags = fresh.map((key): Write => {
    const value = { key, name: '', version: 1, createdAt: now, updatedAt: now }
    return { kind: 'tag', id: key, value }
  })
  return [...tags, ...writes]
}
