// Runs the checks against a server, over HTTP.
import { type Answer, type Check, type Server, checks, skipped } from './checks.ts'

export interface Outcome extends Pick<Check, 'name' | 'source' | 'level'> {
  readonly result: 'passed' | 'failed' | 'skipped'
  readonly problem?: string
}

const answersWithinMs = 30_000

/** `url`: up to before `/ofrep/v1`. Without `key`, what is about keys is skipped. */
export async function conform(url: string, key: string | undefined): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const { name, source, level, run } of checks) {
    const found = await run(serverAt(url.replace(/\/+$/, ''), key)).catch(
      (error: Error) => `cannot be asked: ${error.message}`,
    )
    const about = { name, source, level }
    if (found === skipped) outcomes.push({ ...about, result: 'skipped' })
    else if (found === undefined) outcomes.push({ ...about, result: 'passed' })
    else outcomes.push({ ...about, result: 'failed', problem: found })
  }
  return outcomes
}

function serverAt(url: string, key: string | undefined): Server {
  const bulkPath = `${url}/ofrep/v1/evaluate/flags`
  const ask = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(path, { ...init, signal: AbortSignal.timeout(answersWithinMs) })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  return {
    hasKey: key !== undefined,
    evaluate: (flag, body, { headers = {}, credentials = 'bearer' } = {}) =>
      ask(flag === undefined ? bulkPath : `${bulkPath}/${encodeURIComponent(flag)}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...credentialsOf(key, credentials), ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    preflight: (headers) => ask(bulkPath, { method: 'OPTIONS', headers }),
  }
}

function credentialsOf(key: string | undefined, how: 'bearer' | 'api-key' | 'none' | 'unknown') {
  if (key === undefined || how === 'none') return {}
  if (how === 'api-key') return { 'x-api-key': key }
  return { authorization: `Bearer ${how === 'unknown' ? 'no-such-key' : key}` }
}
