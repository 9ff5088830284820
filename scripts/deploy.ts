// `npm run deploy`: makes an installation on Cloudflare, or brings it up to date; the same command goes on
// after a failure. `--name staging` is a second installation beside the first, `--split` three Workers
// instead of one, `--domain flags.example.com` its address (`none`: workers.dev again), `--jurisdiction eu`
// where data stay, `--account ID` whose it is, `--environment ID` the first environment (`none`: no token,
// no keys), `--var NAME=VALUE` a variable of wrangler.toml; what is given is remembered. `--plan` says what
// would be made and what it costs, `--dry-run` bundles and weighs everything, both offline. `--destroy`
// removes it; `--confirm NAME` instead of typing the name. `--yes` asks nothing.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { slugPattern } from '../core/model/slug.ts'
import { exitWithUsage, readOptions } from './command-line.ts'
import { bundleAll, weighConsole } from './deploy/bundle.ts'
import { destroy, removalsOf } from './deploy/destroy.ts'
import { firstAccess, untilItAnswers } from './deploy/first-access.ts'
import { install, query, writeConfigs } from './deploy/install.ts'
import {
  type Installation,
  defaultName,
  whyNoName,
  whyNoVariable,
  withWishes,
} from './deploy/installation.ts'
import { planOf } from './deploy/plan.ts'
import { stateFile } from './deploy/state-file.ts'
import { parseJson, wrangler } from './deploy/wrangler.ts'
import { tokenStatement } from './token-statement.ts'
import { toolEnv } from './tool.ts'

const { values } = readOptions({
  name: { type: 'string', default: defaultName },
  split: { type: 'boolean', default: false },
  domain: { type: 'string' },
  jurisdiction: { type: 'string' },
  account: { type: 'string' },
  environment: { type: 'string' },
  var: { type: 'string', multiple: true, default: [] },
  yes: { type: 'boolean', default: false },
  plan: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  destroy: { type: 'boolean', default: false },
  confirm: { type: 'string' },
})
const say = (line: string) => console.log(line)
const isTalking = !values.yes && process.stdin.isTTY && process.stdout.isTTY
const environmentDefault = 'production'

try {
  if (values['dry-run']) {
    await weighConsole(say)
    await bundleAll(wrangler, say)
  } else if (values.destroy) await remove()
  else await deploy()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function deploy(): Promise<void> {
  const state = stateFile(checkedName())
  const kept = state.read()
  if (values.plan) {
    for (const line of planOf(wished(kept, values.domain), environmentOf() ?? environmentDefault)) say(line)
    return
  }
  await weighConsole(say)
  const isFirst = kept?.firstEnvironment === undefined
  const domain = values.domain ?? (kept === undefined && isTalking ? await askForDomain() : undefined)
  const environment =
    environmentOf() ?? (isFirst && isTalking ? await askForEnvironment() : environmentDefault)
  const wish = wished(kept, domain)
  const account = await chooseAccount(wish.accountId)
  Object.assign(toolEnv, { CLOUDFLARE_ACCOUNT_ID: account })
  let installation = await install({ ...wish, accountId: account }, { wrangler, state, say })
  if (installation.firstEnvironment === undefined && environment !== 'none') {
    await giveAccess(installation, environment)
    installation = { ...installation, firstEnvironment: environment }
    state.write(installation)
  }
  say(`\nTackline runs on ${installation.url ?? 'Cloudflare'}; the same command upgrades it.`)
}

/** What the command line and the remembered installation say together. */
function wished(kept: Installation | undefined, domain: string | undefined): Installation {
  const { name, split, account, jurisdiction } = values
  if (jurisdiction !== undefined && jurisdiction !== 'eu') exitWithUsage("--jurisdiction takes 'eu'.")
  const isHost = domain === undefined || domain === 'none' || /^(?:[a-z0-9-]+\.)+[a-z]{2,}$/.test(domain)
  if (!isHost) exitWithUsage(`--domain takes a host name such as flags.example.com, not '${domain}'.`)
  const wish = withWishes(kept, {
    name,
    split,
    jurisdiction,
    accountId: account,
    domain,
    variables: variables(),
  })
  return wish.ok ? wish.value : exitWithUsage(wish.problem)
}

function variables(): Record<string, string> {
  const pairs = values.var.map((text) => {
    const [, key = '', value = ''] = /^([A-Z_]+)=(.*)$/s.exec(text) ?? []
    const problem = whyNoVariable(key, value)
    if (problem !== undefined) exitWithUsage(problem)
    return [key, value] as const
  })
  return Object.fromEntries(pairs)
}

function checkedName(): string {
  const problem = whyNoName(values.name)
  return problem === undefined ? values.name : exitWithUsage(problem)
}

function environmentOf(): string | undefined {
  const id = values.environment
  if (id === undefined || slugPattern.test(id)) return id
  return exitWithUsage(`--environment takes lower-case letters, digits and hyphens, not '${id}'.`)
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return (await lines.question(question)).trim()
  } finally {
    lines.close()
  }
}

async function askForDomain(): Promise<string> {
  const answer = await ask(
    'Domain of your own, on a zone of the account (such as flags.example.com; empty: workers.dev): ',
  )
  return answer === '' ? 'none' : answer
}

async function askForEnvironment(): Promise<string> {
  const id = (await ask(`First environment (${environmentDefault}): `)) || environmentDefault
  return slugPattern.test(id) ? id : exitWithUsage(`An environment's id cannot be '${id}'.`)
}

/** The account's id. Throws a sentence if nobody is signed in, or if several accounts are possible. */
async function chooseAccount(wish: string | undefined): Promise<string> {
  const chosen = wish ?? process.env['CLOUDFLARE_ACCOUNT_ID']
  if (chosen) return chosen
  const { ok, stdout, output } = await wrangler('whoami', '--json')
  const signedOut = 'Sign in first: npx wrangler login, or set CLOUDFLARE_API_TOKEN (docs/guides/deploy.md).'
  if (!ok)
    throw new Error(/loggedIn|not authenticated/i.test(output) ? signedOut : `${signedOut}\n${output.trim()}`)
  const { accounts = [] } = parseJson<{ accounts?: { id: string; name: string }[] }>(stdout)
  const [first, ...others] = accounts
  if (!first)
    throw new Error('The credentials show no account: name it with --account or CLOUDFLARE_ACCOUNT_ID.')
  if (others.length === 0) return first.id
  const list = accounts.map(({ id, name }) => `  ${id}  ${name}`).join('\n')
  throw new Error(`There are several accounts; choose one with --account:\n${list}`)
}

async function giveAccess(installation: Installation, environment: string): Promise<void> {
  const { url } = installation
  if (url === undefined) throw new Error('The address of the Worker is not known: give --domain.')
  await untilItAnswers(url, () => pause(3_000))
  const token = `tla_${randomBytes(24).toString('hex')}`
  const sha256 = createHash('sha256').update(token).digest('hex')
  const id = randomUUID()
  const owner = { id, name: 'the first owner', organisation: 'default', sha256, createdAt: Date.now() }
  await query(installation, wrangler, stateFile(installation.name), tokenStatement(owner))
  say(`\nShown once, keep them:\n\n  owner's token   ${token}`)
  const { clientKey, serverKey, runnerToken } = await firstAccess({ url, token }, environment)
  say(`  runner's token  ${runnerToken}
  environment     ${environment}
  client key      ${clientKey}
  server key      ${serverKey}

  console         ${url}/#token=${token}
  try it          curl -s ${url}/ofrep/v1/evaluate/flags -H 'authorization: Bearer ${clientKey}' \\
                    -H 'content-type: application/json' -d '{"context":{"targetingKey":"ada"}}'
  runner          docs/guides/runner.md; its bucket is at https://${installation.accountId}.r2.cloudflarestorage.com`)
}

async function remove(): Promise<void> {
  const state = stateFile(checkedName())
  const installation = state.read()
  if (installation === undefined)
    throw new Error(
      `Nothing is known of an installation '${values.name}' in this clone: run npm run deploy first.`,
    )
  const removals = removalsOf(installation)
  say(`This removes, with all that is in it:\n${removals.map(({ what }) => `  ${what}`).join('\n')}`)
  const typed = values.confirm ?? (isTalking ? await ask(`Type the name, ${values.name}, to go on: `) : '')
  if (typed !== values.name) throw new Error('Nothing was removed: the name was not given.')
  if (installation.accountId !== undefined)
    Object.assign(toolEnv, { CLOUDFLARE_ACCOUNT_ID: installation.accountId })
  writeConfigs(installation, state)
  const left = await destroy(removals, wrangler, say)
  for (const { removal, output } of left) console.error(`not removed: ${removal.what}\n${output}`)
  if (left.some(({ removal }) => !removal.mayStay))
    throw new Error('Not all was removed: run the same command again.')
  state.remove()
  if (left.length > 0) say('The bucket stays: empty it in the dashboard and delete it there.')
}
