// `npm run doctor`: asks the installation at TACKLINE_URL, with an owner's TACKLINE_TOKEN, whether all is
// well; without them the stack of `npm start`. Prints what is wrong or worth knowing; `--all` prints every
// check, `--json` all of them as JSON, `--environment ID` looks only at these. Exit code 0: nothing is
// wrong; 1: something is; 2: wrong arguments.
import { join } from 'node:path'
import { exitWithUsage, readOptions } from './command-line.ts'
import { factsOf } from './doctor/ask.ts'
import { type Finding, diagnose } from './doctor/diagnose.ts'
import { readLocalKeys } from './local-keys.ts'
import { root } from './tool.ts'

const { values } = readOptions({
  environment: { type: 'string', multiple: true },
  all: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
})
const { TACKLINE_URL: url, TACKLINE_TOKEN: token } = process.env
const admin = url && token ? { url: url.replace(/\/+$/, ''), token } : local()

function local() {
  if (url || token) exitWithUsage('Set both TACKLINE_URL and TACKLINE_TOKEN, or neither.')
  return (
    readLocalKeys(join(root, '.tackline')) ??
    exitWithUsage('Set TACKLINE_URL and TACKLINE_TOKEN, or run npm start in this folder.')
  )
}

const words = { fine: 'ok', note: 'note', wrong: 'WRONG' } satisfies Record<Finding['level'], string>
const findings = diagnose(await factsOf(admin, values.environment))
const wrong = findings.filter(({ level }) => level === 'wrong').length
if (values.json) console.log(JSON.stringify({ url: admin.url, findings }, null, 2))
else {
  for (const { level, about, message } of findings)
    if (values.all || level !== 'fine') console.log(`${words[level].padEnd(5)}  ${about}: ${message}`)
  console.log(`${findings.length} checks of ${admin.url}: ${wrong === 0 ? 'nothing' : wrong} wrong`)
}
process.exitCode = wrong === 0 ? 0 : 1
