// Writes a stored result as one file for somebody who has neither the system nor its lake: what it was
// computed from, the statements, the model, a figure.
import { readFileSync } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { bundleFiles, bundleName } from '../../core/report/bundle.ts'
import { zipped } from '../../core/report/zip.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { AdminApi } from '../admin-api.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import type { ResultReference } from '../reproduce/reference.ts'
import { countingStatements } from '../reproduce/sql-files.ts'
import { storedResult } from '../reproduce/stored-result.ts'
import type { RunEvent } from '../run-event.ts'
import { modelPath } from '../stan/engine.ts'

export interface BundleContext {
  readonly api: AdminApi
  /** Undefined: a name of its own in the working directory. */
  readonly output: string | undefined
  readonly onEvent: (event: RunEvent) => void
}

export async function bundleResult(
  environmentId: string,
  reference: ResultReference,
  { api, output, onEvent }: BundleContext,
): Promise<void> {
  const written = await write(environmentId, reference, api, output)
  if (written.ok) return onEvent({ kind: 'bundled', environmentId, ...written.value })
  const subject = `${environmentId}/${reference.experimentId}/${reference.goalKey}`
  onEvent({ kind: 'failed', subject, failure: written.problem })
}

async function write(
  environmentId: string,
  reference: ResultReference,
  api: AdminApi,
  output: string | undefined,
): Promise<Result<{ file: string; bytes: number }, Failure>> {
  const stored = await storedResult(api, environmentId, reference)
  if (!stored.ok) return stored
  const { result } = stored.value
  const subject = { environmentId, experimentId: reference.experimentId, result }
  const file = path.resolve(output ?? bundleName(subject))
  if (await stat(file).catch(() => undefined))
    return fail('usage', `${file} exists already; it is not overwritten.`)
  const model = readFileSync(modelPath, 'utf8')
  const more = new Map([
    ...[...countingStatements()].map(([name, text]) => [`sql/${name}`, text] as const),
    ...(result.engine.kind === 'exact' ? [] : [[`models/${path.basename(modelPath)}`, model] as const]),
  ])
  const bytes = zipped(bundleFiles(subject, more), result.computedAt)
  try {
    await writeFile(file, bytes, { flag: 'wx' })
  } catch (error) {
    return fail('job', `${file} could not be written: ${reasonOf(error)}.`)
  }
  return ok({ file, bytes: bytes.length })
}
