// Panic mode (an environment setting): every flag counts as disabled without off variation, in all protocols,
// so that applications use their own defaults.
import type { Flag } from '../model/flag.ts'
import type { Snapshot } from '../model/snapshot.ts'

export const effectiveFlags = ({ flags, settings }: Pick<Snapshot, 'flags' | 'settings'>): readonly Flag[] =>
  settings?.panic ? flags.map(disabledForPanic) : flags

const disabledForPanic = ({ offVariationId: _, ...flag }: Flag): Flag => ({
  ...flag,
  enabled: false,
  prerequisites: [],
})
