// Sends a file to the route that understands it.
import type { ImportAnswer, MigrationAnswer } from '../../../workers/control/api/import-answers.ts'
import { ask, type ExperimentChoice, pathOf } from '../api/client.ts'
import type { Source } from './source-of.ts'

export interface Import {
  readonly source: Source
  readonly text: string
  readonly type: string
  /** Whether flags and segments that exist are replaced; an export of Tackline always does. */
  readonly replace: boolean
  readonly caseInsensitive: boolean
}

interface Options {
  readonly dryRun?: boolean
  readonly comment?: string
  readonly experiment?: ExperimentChoice | undefined
}

/** Findings are those of other systems' files, the plan that of AB Tasty's. */
export type Imported = Pick<ImportAnswer, 'revision' | 'changed' | 'entity' | 'changes'> &
  Partial<Pick<MigrationAnswer, 'groups' | 'findingCount' | 'plan'>>

export function sendImport(environment: string, file: Import, options: Options): Promise<Imported> {
  const { source, text, type, replace, caseInsensitive } = file
  const isOwn = source === 'tackline'
  return ask('POST', isOwn ? pathOf(environment, 'apply') : pathOf(environment, 'import', source), {
    upload: { type, content: text },
    ...(options.comment && { comment: options.comment }),
    query: {
      dryRun: options.dryRun || undefined,
      experiment: options.experiment,
      ...(!isOwn && { replace: replace || undefined }),
      ...(source === 'flagship-io' && { caseInsensitive: caseInsensitive || undefined }),
    },
  })
}
