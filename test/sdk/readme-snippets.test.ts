// Runs README's three programs as printed, against the demo data that `npm start` makes. Only the address and
// the key are replaced. Each prints what its comments promise, and ends by itself.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { demoEnvironment, seedDemo } from '../../scripts/demo-data.ts'
import { freePort } from '../../scripts/free-port.ts'
import { useStack } from '../support/stack-fixture.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(root, 'node_modules/.tackline-readme-')) // so that packages are found
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const stack = useStack()
let clientKey = ''
beforeAll(async () => {
  clientKey = (await seedDemo(stack(), demoEnvironment)).clientKey
}, 120_000)

const snippets = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```js\n(.*?)```/gs)]
const run = async (name: string, number: number, url: string) => {
  const file = join(folder, `${name}.mjs`)
  const code = snippets[number]![1]!
  writeFileSync(file, code.replaceAll('http://127.0.0.1:8787', url).replaceAll('<client key>', clientKey))
  return promisify(execFile)(process.execPath, [file], { timeout: 60_000 })
}

const expected = [
  ['bucketeer', /variationValue: 'express', reason: 'RULE'/],
  ['flagship', /express express/],
  ['openfeature', /value: 'express',\s+reason: 'TARGETING_MATCH'/],
] as const

it.each(expected.map(([name, output], i) => [name, i, output] as const))(
  '%s shows that it works',
  { timeout: 120_000 },
  async (name, i, output) => {
    expect((await run(name, i, stack().url)).stdout).toMatch(output)
  },
)

it('says so if nothing answers', { timeout: 240_000 }, async () => {
  const nobody = `http://127.0.0.1:${await freePort()}`
  await expect(run('bucketeer', 0, nobody)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/BKT|fetch|network|timeout/i),
  })
  await expect(run('flagship', 1, nobody)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('does not know the flag: is it running'),
  })
  expect((await run('openfeature', 2, nobody)).stdout).toMatch(/value: 'classic',\s+reason: 'ERROR'/)
})
