// Asks an installation for what diagnose.ts looks at. What cannot be asked is a fact as well.
import { type Admin, call } from '../admin.ts'
import { migrationFiles } from '../deploy/install.ts'
import { listAll } from '../pages.ts'
import type { Asked, EnvironmentFacts, Facts } from './diagnose.ts'

const answersWithinMs = 15_000

/** `only`: ids of environments; undefined: all that the token sees and that are not archived. */
export async function factsOf(admin: Admin, only: readonly string[] | undefined): Promise<Facts> {
  const { url } = admin
  const health = await get(`${url}/healthz`)
  const readiness = health && (await get(`${url}/readyz`))
  const sources = (await readiness?.json().catch(() => undefined)) as Partial<Sources> | undefined
  const { kv = 'failing', environment = 'failing' } = sources ?? {}
  const ready = readiness && { status: readiness.status, kv, environment }
  const startedAt = Date.now()
  const installation = await attempt(() => call<InstallationAnswer>(admin, 'GET', '/installation'))
  const here = (startedAt + Date.now()) / 2
  return {
    url,
    health: health?.status,
    ready,
    installation:
      'answer' in installation
        ? { answer: { ...installation.answer, clockAheadMs: installation.answer.now - here } }
        : installation,
    environments: await attempt(() => environmentsOf(admin, only)),
    files: migrationFiles(),
    now: Date.now(),
  }
}

type InstallationAnswer = { readonly now: number } & Omit<
  Extract<Facts['installation'], { answer: unknown }>['answer'],
  'clockAheadMs'
>
type Sources = Pick<NonNullable<Facts['ready']>, 'kv' | 'environment'>
interface Row {
  readonly id: string
  readonly revision: number
  readonly archived: boolean
}

async function environmentsOf(
  admin: Admin,
  only: readonly string[] | undefined,
): Promise<EnvironmentFacts[]> {
  const rows = await listAll<Row>(admin, '/environments', 'environments')
  const missing = only?.find((id) => !rows.some((row) => row.id === id))
  if (missing !== undefined) throw new Error(`there is no environment ${missing} that this token may see`)
  const found: EnvironmentFacts[] = []
  for (const { id, revision, archived } of rows)
    if (only?.includes(id) ?? !archived) found.push(await environmentOf(admin, id, revision))
  return found
}

async function environmentOf(admin: Admin, id: string, revision: number): Promise<EnvironmentFacts> {
  const read = <T>(path: string) => attempt(() => call<T>(admin, 'GET', `/environments/${id}/${path}`))
  type Answer<Name extends keyof EnvironmentFacts> = Extract<
    EnvironmentFacts[Name],
    { answer: unknown }
  >['answer']
  const jobs = await read<{ jobs: Answer<'jobs'> }>('jobs')
  return {
    id,
    revision,
    published: await read<Answer<'published'>>(`published?revision=${revision}`),
    snapshot: await read<Answer<'snapshot'>>('snapshot-size'),
    keys: await attempt(() =>
      listAll<{ disabled: boolean }>(admin, `/environments/${id}/sdk-keys`, 'sdkKeys'),
    ),
    intake: await read<Answer<'intake'>>('intake?limit=100'),
    jobs: 'answer' in jobs ? { answer: jobs.answer.jobs } : jobs,
  }
}

async function attempt<T>(ask: () => Promise<T>): Promise<Asked<T>> {
  try {
    return { answer: await ask() }
  } catch (error) {
    return { refusal: shortly(error instanceof Error ? error.message : String(error)) }
  }
}

/** Of a problem (RFC 9457) in the message, only what it says. */
function shortly(message: string): string {
  const [, before, problem] = /^(.*?: \d{3}) (\{.*\})$/s.exec(message) ?? []
  if (problem === undefined) return message
  const { detail } = JSON.parse(problem) as { detail?: string }
  return detail === undefined ? message : `${before}, ${detail}`
}

const get = (url: string): Promise<Response | undefined> =>
  fetch(url, { signal: AbortSignal.timeout(answersWithinMs) }).catch(() => undefined)
