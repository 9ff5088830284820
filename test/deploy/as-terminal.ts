// Imported before `npm run deploy` in a test: it talks as on a terminal, though it has pipes, and runs the
// fake wrangler of FAKE_WRANGLER.
import path from 'node:path'
import { toolEnv } from '../../scripts/tool.ts'

for (const stream of [process.stdin, process.stdout]) Object.assign(stream, { isTTY: true })
toolEnv.PATH = `${process.env['FAKE_WRANGLER']}${path.delimiter}${toolEnv.PATH}`
