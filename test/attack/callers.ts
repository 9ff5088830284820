// Every route of the OpenAPI document and every SDK route, for every kind of caller, in its own environment,
// in another one and in another organisation. Nobody gets an answer above their rights, and nobody reads the
// text of another tenant.
import { call } from '../../scripts/admin.ts'
import { keyHeader } from '../support/bad-input/answer.ts'
import { dataRoutes, type Route } from '../support/bad-input/routes.ts'
import { ask, type Answer, generalComplaint, inLanes, type Section } from './section.ts'
import { type Caller, tenantsOf, type Tenant, type Target } from './target.ts'

type Needs = 'anyone' | 'viewer' | 'editor' | 'member' | 'admin' | 'owner' | 'deployment-owner'

export interface AdminOperation {
  readonly method: string
  /** With parameters in braces. */
  readonly path: string
  readonly needs: Needs
  readonly contentTypes: readonly string[]
  readonly properties: readonly string[]
}

interface OpenApi {
  readonly paths: Record<string, Record<string, { description: string; requestBody?: { content: Content } }>>
  readonly components: { readonly schemas: Record<string, Schema> }
}
type Content = Record<string, { schema?: Schema }>
interface Schema {
  readonly $ref?: string
  readonly properties?: Record<string, unknown>
}

/** All that the stack's own OpenAPI document declares. */
export async function adminOperations(target: Target): Promise<AdminOperation[]> {
  const { paths, components } = JSON.parse((await ask(target, '/api/v1/openapi.json')).text) as OpenApi
  const propertiesOf = (schema: Schema | undefined) => {
    const name = schema?.$ref?.split('/').at(-1)
    return Object.keys((name === undefined ? schema : components.schemas[name])?.properties ?? {})
  }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { description, requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      needs: needsOf(description),
      contentTypes: Object.keys(requestBody?.content ?? {}),
      properties: propertiesOf(requestBody?.content['application/json']?.schema),
    })),
  )
}

function needsOf(description: string): Needs {
  if (description.includes('in the deployment’s first organisation')) return 'deployment-owner'
  const [, role, member] = /Needs (?:the role (\w+)|to be a (member)|no token)/.exec(description) ?? []
  return (role ?? member ?? (description.includes('Needs no token') ? 'anyone' : 'owner')) as Needs
}

export const pathIn = (path: string, { environmentId, organisationId, project }: Tenant): string =>
  path
    .replace('{environment}', environmentId)
    .replace('{organisation}', organisationId)
    .replace('{project}', project)
    .replaceAll(/\{\w+\}/g, '0123456789')

type Verdict = 'unknown' | 'refused' | 'hidden' | 'let in'

/** Written out, not taken from the code under attack. */
function expected({ rights }: Caller, { needs, path }: AdminOperation, tenant: Tenant): readonly Verdict[] {
  if (needs === 'anyone') return ['let in', 'hidden']
  if (!rights) return ['unknown']
  const isScoped = /\{(environment|organisation|project)\}/.test(path)
  const isForeign = isScoped && rights.organisationId !== tenant.organisationId
  if (isForeign) return ['hidden']
  const { role, environmentId } = rights
  if (needs === 'deployment-owner')
    return [role === 'owner' && rights.organisationId === 'default' ? 'let in' : 'refused']
  if (role === 'owner') return ['let in']
  if (role === 'admin') return [needs === 'owner' ? 'refused' : 'let in']
  if (needs === 'member') return ['let in']
  const isGranted = !path.includes('{environment}') || environmentId === tenant.environmentId
  const isEnough = needs === 'viewer' || (needs === 'editor' && role === 'editor')
  return [isGranted && isEnough ? 'let in' : 'refused']
}

const hiddenText = /"detail":"there is no (environment|project|organisation) /

function verdictOf({ status, text }: Answer): Verdict {
  if (hiddenText.test(text)) return 'hidden'
  return ({ 401: 'unknown', 403: 'refused' } as const)[status] ?? 'let in'
}

const canRead = ({ rights }: Caller, tenant: Tenant): boolean =>
  rights !== undefined &&
  rights.organisationId === tenant.organisationId &&
  (rights.environmentId === undefined || rights.environmentId === tenant.environmentId)

function leakedTo(caller: Caller, target: Target, { text }: Answer): string | undefined {
  const tenant = tenantsOf(target).find((each) => text.includes(each.canary) && !canRead(caller, each))
  return tenant && `read the text of ${tenant.environmentId}`
}

/** What callers could change. The keys' and tokens' time of last use is not among it. */
async function stateOf(target: Target): Promise<string> {
  const { environments } = await call<{ environments: { id: string; revision: number }[] }>(
    target,
    'GET',
    '/environments',
  )
  const { organisations } = await call<{ organisations: object[] }>(target, 'GET', '/organisations')
  const { tokens } = await call<{ tokens: object[] }>(target, 'GET', '/organisations/default/tokens')
  const revisions = environments.map(({ id, revision }) => `${id} ${revision}`).toSorted()
  return JSON.stringify({ revisions, organisations: organisations.length, tokens: tokens.length })
}

const adminCallers: Section = {
  name: 'callers',
  claim: 'the admin API lets in whom each route declares, and shows nobody another tenant',
  async run(target) {
    const operations = await adminOperations(target)
    const before = await stateOf(target)
    const targets = target.isShort ? [target.here, target.foreign] : tenantsOf(target)
    const probes = operations.flatMap((operation) =>
      targets
        .filter((tenant) => tenant === target.here || operation.path.includes('{'))
        .flatMap((tenant) => target.callers.map((caller) => ({ operation, tenant, caller }))),
    )
    // The short form asks each route of some of the callers, in turn: all pairs of kinds meet.
    const chosen = target.isShort ? probes.filter((_, index) => index % 7 === 0) : probes
    const verdicts = new Map<string, number>()
    const report = await inLanes(chosen, async ({ operation, tenant, caller }) => {
      const { method, path } = operation
      const answer = await ask(target, pathIn(path, tenant), {
        method,
        headers: { ...caller.headers, 'content-type': 'application/json' },
        ...(method !== 'GET' && { body: '{"there is no": "such field"}' }),
      })
      const verdict = verdictOf(answer)
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
      const wanted = expected(caller, operation, tenant)
      const complaint =
        generalComplaint(answer) ??
        (wanted.includes(verdict) ? undefined : `${verdict} (${answer.status}), must be ${wanted[0]}`) ??
        leakedTo(caller, target, answer)
      return complaint && `${caller.kind}: ${method} ${pathIn(path, tenant)} ${complaint}`
    })
    const after = await stateOf(target)
    const changed = after === before ? [] : [`the probes changed something: ${before} became ${after}`]
    const seen = `${operations.length} routes; ${[...verdicts].map(([name, n]) => `${n} ${name}`).join(', ')}`
    return { probes: report.probes, findings: [...report.findings, ...changed], seen }
  },
}

interface SdkCaller {
  readonly kind: string
  readonly key: string
  readonly owner?: Tenant
  readonly role?: 'client' | 'server'
}

const sdkCallers: Section = {
  name: 'SDK callers',
  claim: 'an SDK route answers a key of its role, with the data of its own environment',
  async run(target) {
    const { here, elsewhere, foreign } = target
    const disabled = await call<{ key: string; id: string }>(
      target,
      'POST',
      `/environments/${here.environmentId}/sdk-keys`,
      { role: 'client' },
    )
    const keyPath = `/environments/${here.environmentId}/sdk-keys/${disabled.id}`
    await call(target, 'PATCH', keyPath, { disabled: true })
    await new Promise((resolve) => setTimeout(resolve, 1_500)) // edge refuses it about a second later
    const keys: SdkCaller[] = [
      { kind: 'no key', key: '' },
      { kind: 'garbage', key: 'x'.repeat(100) },
      { kind: 'unknown key', key: `${here.clientKey.slice(0, -6)}000000` },
      { kind: 'disabled key', key: disabled.key },
      { kind: 'API token', key: target.token },
      { kind: 'JWT', key: [...target.secrets].find(([name]) => name === 'forged JWT')![1] },
      ...[here, elsewhere, foreign].flatMap((owner) => [
        {
          kind: `client key of ${owner.environmentId}`,
          key: owner.clientKey,
          owner,
          role: 'client' as const,
        },
        {
          kind: `server key of ${owner.environmentId}`,
          key: owner.serverKey,
          owner,
          role: 'server' as const,
        },
      ]),
    ]
    target.secrets.set('the disabled key', disabled.key)
    const routes = dataRoutes(here.environmentId, Date.now()).filter(({ path }) => path !== '/') // hits carry no key
    const probes = routes.flatMap((route) => keys.map((key) => ({ route, key })))
    const report = await inLanes(probes, async ({ route, key }) => {
      const answer = await ask(target, route.path, {
        method: route.method,
        headers: {
          'content-type': 'application/json',
          ...(key.key !== '' && keyHeader[route.dialect](key.key)),
        },
        body: JSON.stringify(route.body),
      })
      const isAnswered = answer.status < 400
      const leaked = tenantsOf(target).find((each) => answer.text.includes(each.canary) && each !== key.owner)
      const complaint =
        generalComplaint(answer) ??
        (leaked && `read the text of ${leaked.environmentId}`) ??
        (isAnswered && !mayAsk(route, key, here) ? `was answered ${answer.status}` : undefined) ??
        (!isAnswered && key.owner === here && mayAsk(route, key, here)
          ? `was refused ${answer.status}`
          : undefined)
      return complaint && `${key.kind}: ${route.method} ${route.path} ${complaint}`
    })
    return { ...report, seen: `${routes.length} routes, ${keys.length} kinds of key` }
  },
}

/** AB Tasty's paths and bodies name the environment; the other protocols take it from the key. */
function mayAsk({ dialect, role, path }: Route, key: SdkCaller, here: Tenant): boolean {
  if (!key.owner) return false
  if (dialect === 'flagship-io') return key.owner === here
  const isForBoth = dialect === 'ofrep' || path === '/register_events'
  return isForBoth || key.role === (role ?? 'client')
}

export const callerSections: readonly Section[] = [adminCallers, sdkCallers]
