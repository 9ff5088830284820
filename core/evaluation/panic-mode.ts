// An environment in panic: whatever its flags say, everybody gets the default of their code, through every door.
import type { Flag } from '../model/flag.ts'
import type { Snapshot } from '../model/snapshot.ts'

export const effectiveFlags = ({ flags, settings }: Pick<Snapshot, 'flags' | 'settings'>): readonly Flag[] =>
  settings?.panic ? flags.map(disabledForPanic) : flags

const disabledForPanic = ({ offVariationId: _, ...flag }: Flag): Flag => ({
  ...flag,
  enabled: false,
  prerequisites: [],
})
