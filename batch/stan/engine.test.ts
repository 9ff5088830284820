import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { modelPath, pickEngine } from './engine.ts'

let folder: string
beforeEach(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'tackline-test-'))))
afterEach(() => rm(folder, { recursive: true, force: true }))

const modelSha256 = async () =>
  createHash('sha256')
    .update(await readFile(modelPath))
    .digest('hex')

async function built(manifest: string): Promise<{ TACKLINE_STAN_DIR: string }> {
  await mkdir(path.join(folder, 'bin'))
  await writeFile(path.join(folder, 'bin', 'conversion'), '#!/bin/sh\n', { mode: 0o755 })
  await writeFile(path.join(folder, 'manifest.json'), manifest)
  return { TACKLINE_STAN_DIR: folder }
}
const manifest = (sha256: string) => JSON.stringify({ models: { conversion: sha256 }, stanVersion: '2.32.2' })
const unavailable = (message: string) => ({ ok: false, problem: { code: 'UNAVAILABLE', message } })

describe('the exact engine', () => {
  it('is always available', async () => {
    expect(await pickEngine('exact', {})).toMatchObject({
      ok: true,
      value: { kind: 'exact', passedOver: [] },
    })
  })
})

describe('the Stan that npm run stan builds', () => {
  it('is picked if it was built from the current model', async () => {
    const environment = await built(manifest(await modelSha256()))
    expect(await pickEngine('stan-native', environment)).toMatchObject({
      ok: true,
      value: { kind: 'stan-native' },
    })
    expect(await pickEngine('auto', environment)).toMatchObject({
      ok: true,
      value: { kind: 'stan-native', passedOver: [] },
    })
  })

  it('is refused if it is not built; auto then picks the closed form and says why', async () => {
    const sentence = `Stan is not built in ${folder}; run "npm run stan".`
    expect(await pickEngine('stan-native', { TACKLINE_STAN_DIR: folder })).toEqual(unavailable(sentence))
    expect(await pickEngine('auto', { TACKLINE_STAN_DIR: folder })).toMatchObject({
      ok: true,
      value: { kind: 'exact', passedOver: [sentence] },
    })
  })

  it('is refused if the model has changed since', async () => {
    const sentence =
      `Stan in ${folder} was built from another version of conversion.stan; ` + 'run "npm run stan".'
    const environment = await built(manifest('0'.repeat(64)))
    expect(await pickEngine('stan-native', environment)).toEqual(unavailable(sentence))
    expect(await pickEngine('auto', environment)).toMatchObject({
      ok: true,
      value: { kind: 'exact', passedOver: [sentence] },
    })
  })

  it('is refused if its manifest is broken', async () => {
    expect(await pickEngine('stan-native', await built('{'))).toEqual(
      unavailable(`The manifest of Stan in ${folder} cannot be read; run "npm run stan".`),
    )
  })
})

describe("a user's CmdStan", () => {
  const executable = () => path.join(folder, 'conversion')
  const named = () => ({ TACKLINE_STAN_CONVERSION: executable(), TACKLINE_STAN_DIR: folder })
  const compile = () => writeFile(executable(), '#!/bin/sh\n', { mode: 0o755 })

  it('is picked if the source beside it is our model, and comes before our own build', async () => {
    await compile()
    await copyFile(modelPath, `${executable()}.stan`)
    expect(await pickEngine('cmdstan', named())).toMatchObject({ ok: true, value: { kind: 'cmdstan' } })
    expect(await pickEngine('auto', named())).toMatchObject({ ok: true, value: { kind: 'cmdstan' } })
  })

  it('is refused if it is not named', async () => {
    expect(await pickEngine('cmdstan', {})).toEqual(
      unavailable(
        'TACKLINE_STAN_CONVERSION does not name a CmdStan executable; ' +
          'without CmdStan, "npm run stan" builds one.',
      ),
    )
  })

  it('is refused, also by auto, if the named file cannot be executed', async () => {
    const sentence =
      `TACKLINE_STAN_CONVERSION names ${executable()}, which cannot be executed; ` +
      '"npm run stan" builds an executable.'
    expect(await pickEngine('cmdstan', named())).toEqual(unavailable(sentence))
    expect(await pickEngine('auto', named())).toEqual(unavailable(sentence))
  })

  it('is refused if nothing proves which model it is', async () => {
    await compile()
    expect(await pickEngine('cmdstan', named())).toEqual(
      unavailable(
        `${executable()}.stan is missing; ` +
          'compile a copy of batch/stan/models/conversion.stan and leave it there.',
      ),
    )
    await writeFile(`${executable()}.stan`, 'parameters { real y; } model { y ~ normal(0, 1); }')
    expect(await pickEngine('cmdstan', named())).toEqual(
      unavailable(
        `${executable()}.stan differs from batch/stan/models/conversion.stan; copy it and compile again.`,
      ),
    )
  })
})
