// Runs local-database.ts. Its arguments are the state's folder and the first token as JSON.
import { type FirstToken, prepareDatabase } from './local-database.ts'

const [stateDirectory, token] = process.argv.slice(2)
await prepareDatabase(stateDirectory!, JSON.parse(token!) as FirstToken)
process.exit() // miniflare leaves timers behind
