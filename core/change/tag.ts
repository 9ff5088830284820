// Commands on tags. A tag is created by the first flag that has it, too.
import type { EnvironmentState, Write } from '../model/environment-state.ts'
import { type ChangeContext, create, edit, remove } from './entity.ts'
import type { Handlers } from './handler.ts'

export const tagHandlers: Handlers<'create-tag' | 'update-tag' | 'delete-tag'> = {
  'create-tag': (state, { tag }, context) => create(state, 'tag', tag.key, tag, context),
  'update-tag': (state, command, context) => edit(state, 'tag', command, context),
  'delete-tag': (state, command) => remove(state, 'tag', command),
}

/** The writes, preceded by the tags that their flags have and that do not exist yet. */
export function withTags(
  state: EnvironmentState,
  writes: readonly Write[],
  { now }: ChangeContext,
): readonly Write[] {
  const needed = writes.flatMap((write) => (write.kind === 'flag' ? (write.value?.tags ?? []) : []))
  const written = new Set(writes.flatMap(({ kind, id, value }) => (kind === 'tag' && value ? [id] : [])))
  const missing = [...new Set(needed)].filter((key) => !state.tag.has(key) && !written.has(key))
  if (missing.length === 0) return writes
  const tags = missing.map((key): Write => {
    const value = { key, name: '', version: 1, createdAt: now, updatedAt: now }
    return { kind: 'tag', id: key, value }
  })
  return [...tags, ...writes]
}
