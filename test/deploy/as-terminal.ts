// Imported before `npm run deploy` in a test: it runs the fake wrangler of FAKE_WRANGLER. With FAKE_TERMINAL
// it talks as on a terminal, though it has pipes: where a test cannot make a real one.
import path from 'node:path'
import { toolEnv } from '../../scripts/tool.ts'

if (process.env['FAKE_TERMINAL'] !== undefined)
  for (const stream of [process.stdin, process.stdout]) Object.assign(stream, { isTTY: true })
toolEnv.PATH = `${process.env['FAKE_WRANGLER']}${path.delimiter}${toolEnv.PATH}`
