// @ts-check
// The only module that calls the admin API: token, requests, types of responses.

/** @import { Command } from '../../core/change/command.ts' */
/** @import { Experiment } from '../../core/model/experiment.ts' */
/** @import { ExperimentResult } from '../../core/model/experiment-result.ts' */
/** @import { Flag } from '../../core/model/flag.ts' */
/** @import { Goal } from '../../core/model/goal.ts' */
/** @import { Operation, OperationLook } from '../../core/model/operation.ts' */

/** @import { ChangeAnswer, EnvironmentRow, Problem } from '../../workers/control/api/shapes.ts' */
/** @import { Revision as RevisionShape } from '../../workers/control/api/shapes.ts' */

/** @typedef {Omit<RevisionShape, 'command'> & { command: Command | null }} Revision */
/** @typedef {{ flagKey: string, reason: string }} Omission */
/** @typedef {{ portable: string[], omitted: Omission[], notes: Omission[] }} Portability */
/** @typedef {ChangeAnswer<Flag>} FlagChangeAnswer */
/** @typedef {{ revision: number, since: number, attempts: number }} Unpublished */
/** @typedef {{ revision: number, unpublished?: Unpublished }} Published */

/**
 * Why a request failed. `UNREACHABLE` if there was no response of the admin API.
 * @typedef {{ code: Problem['code'] | 'UNREACHABLE', message: string, current?: unknown }} Refusal
 */

const tokenSlot = 'tackline-token'

export const session = {
  token: () => sessionStorage.getItem(tokenSlot) ?? '',
  /** @param {string} token */
  begin: (token) => sessionStorage.setItem(tokenSlot, token.trim()),
  end: () => sessionStorage.removeItem(tokenSlot),
}

export class Refused extends Error {
  /** @override */
  name = 'Refused'
  /** @param {Refusal} refusal */
  constructor(refusal) {
    super(refusal.message)
    this.code = refusal.code
  }
}

/** @param {string} environmentId */
export function environmentApi(environmentId) {
  const base = `/environments/${encodeURIComponent(environmentId)}`
  return {
    /** @returns {Promise<Flag[]>} */
    flags: () => readAll(`${base}/flags`, 'flags'),
    /**
     * What edge can read.
     * @returns {Promise<Published>}
     */
    published: () => read(`${base}/published`),
    /** @returns {Promise<Goal[]>} */
    goals: () => readAll(`${base}/goals`, 'goals'),
    /** @returns {Promise<Experiment[]>} */
    experiments: () => readAll(`${base}/experiments`, 'experiments'),
    /**
     * Newest first.
     * @param {string} id
     * @returns {Promise<ExperimentResult[]>}
     */
    results: async (id) =>
      (await read(`${base}/experiments/${encodeURIComponent(id)}/results?newest=true`)).results,
    /** @returns {Promise<WatchedOperation[]>} */
    operations: () => readAll(`${base}/operations`, 'operations'),
    /**
     * Newest first.
     * @param {{ before?: number, limit: number }} page
     * @returns {Promise<Revision[]>}
     */
    revisions: async ({ before, limit }) =>
      (await read(`${base}/revisions?limit=${limit}${before === undefined ? '' : `&before=${before}`}`))
        .revisions,
    /** @returns {Promise<Record<string, Portability>>} */
    portability: () => read(`${base}/portability`),
    /**
     * `version` is the one on the screen. A flag that has another version meanwhile is not changed.
     * @param {Flag} flag
     * @param {boolean} enabled
     * @returns {Promise<{ ok: true, value: FlagChangeAnswer } | { ok: false, refusal: Refusal }>}
     */
    switchFlag: ({ key, version }, enabled) =>
      request('PATCH', `${base}/flags/${encodeURIComponent(key)}`, { version, enabled }),
  }
}

/** @typedef {ReturnType<typeof environmentApi>} EnvironmentApi */

/** @typedef {Operation & { readonly lastLook?: OperationLook }} WatchedOperation */

/** @returns {Promise<EnvironmentRow[]>} */
export const listEnvironments = () => readAll('/environments', 'environments')

/**
 * All pages of a list.
 * @param {string} path
 * @param {string} field
 */
async function readAll(path, field) {
  const all = []
  for (let cursor = ''; ;) {
    const page = await read(`${path}?limit=200${cursor && `&cursor=${cursor}`}`)
    all.push(...page[field])
    if (page.nextCursor === undefined) return all
    cursor = page.nextCursor
  }
}

/** @param {string} path */
async function read(path) {
  const answer = await request('GET', path)
  if (!answer.ok) throw new Refused(answer.refusal)
  return answer.value
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<{ ok: true, value: any } | { ok: false, refusal: Refusal }>}
 */
async function request(method, path, body) {
  const headers = new Headers({ authorization: `Bearer ${session.token()}` })
  if (body !== undefined) headers.set('content-type', 'application/json')
  try {
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      cache: 'no-store',
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const json = await response.json()
    if (response.ok) return { ok: true, value: json }
    const { code = 'UNREACHABLE', detail = `status ${response.status}`, errors = [], current } = json
    const fields = errors.map(
      (/** @type {{ path: string, message: string }} */ e) => `${e.path}: ${e.message}`,
    )
    return { ok: false, refusal: { code, message: [detail, ...fields].join('; '), current } }
  } catch {
    return {
      ok: false,
      refusal: { code: 'UNREACHABLE', message: 'the admin API gave no answer that can be read' },
    }
  }
}
