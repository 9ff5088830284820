// Every route of the admin API. A new file under routes/ is added here; the router, the document and the tests find it by themselves.
import type { Route } from './route.ts'
import { environments } from './routes/environments.ts'
import { experiments } from './routes/experiments.ts'
import { flags } from './routes/flags.ts'
import { goals } from './routes/goals.ts'
import { operations } from './routes/operations.ts'
import { portability } from './routes/portability.ts'
import { revisions } from './routes/revisions.ts'
import { sdkKeys } from './routes/sdk-keys.ts'
import { segments } from './routes/segments.ts'
import { tokens } from './routes/tokens.ts'

/** By subject, as the document shows them. */
export const subjects = {
  flags,
  segments,
  goals,
  experiments,
  operations,
  'sdk-keys': sdkKeys,
  revisions,
  portability,
  environments,
  tokens,
} as const satisfies Record<string, readonly Route[]>

export const routes: readonly Route[] = Object.values(subjects).flat()
