import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readArguments, readConfiguration } from './configuration.ts'

const local = JSON.stringify({ url: 'http://127.0.0.1:9999/', token: 'local-token', more: true })

describe('arguments', () => {
  it('ask for everything, everywhere, when there are none', () => {
    expect(readArguments([])).toEqual({
      ok: true,
      value: { work: 'all', environmentId: undefined, engine: 'auto', print: 'text' },
    })
  })
  it('come in any order', () => {
    expect(readArguments(['--json', '--environment', 'demo', 'experiments', '--engine=cmdstan'])).toEqual({
      ok: true,
      value: { work: 'experiments', environmentId: 'demo', engine: 'cmdstan', print: 'json' },
    })
  })
})

describe('the configuration', () => {
  it('needs a token only, for the local stack at its usual place', () => {
    expect(readConfiguration({ TACKLINE_TOKEN: 't' }, undefined)).toEqual({
      ok: true,
      value: {
        api: { url: 'http://127.0.0.1:8787', token: 't' },
        lake: {
          endpoint: 'http://127.0.0.1:8787/cdn-cgi/local/r2/s3',
          bucket: 'tackline-lake',
          accessKeyId: 'local',
          secretAccessKey: 'local-secret',
        },
        cacheFolder: path.resolve('.tackline/lake'),
      },
    })
  })

  it('takes url and token that npm start wrote', () => {
    expect(readConfiguration({}, local)).toMatchObject({
      ok: true,
      value: { api: { url: 'http://127.0.0.1:9999', token: 'local-token' } },
    })
  })

  it('never sends the local token elsewhere', () => {
    expect(readConfiguration({ TACKLINE_URL: 'https://flags.example.com' }, local)).toMatchObject({
      ok: false,
      failure: { kind: 'usage', message: expect.stringContaining('is for http://127.0.0.1:9999, not for') },
    })
  })

  it('guesses no lake and no credentials for a stack that is not local', () => {
    const remote = { TACKLINE_URL: 'https://flags.example.com', TACKLINE_TOKEN: 't' }
    expect(readConfiguration(remote, undefined)).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining('needs TACKLINE_S3_ENDPOINT') },
    })
    const lake = {
      TACKLINE_S3_ENDPOINT: 'https://account.r2.cloudflarestorage.com/',
      TACKLINE_S3_BUCKET: 'lake',
      TACKLINE_S3_KEY: 'k',
      TACKLINE_S3_SECRET: 's',
    }
    expect(readConfiguration({ ...remote, ...lake }, undefined)).toMatchObject({
      ok: true,
      value: {
        lake: {
          endpoint: 'https://account.r2.cloudflarestorage.com',
          bucket: 'lake',
          accessKeyId: 'k',
          secretAccessKey: 's',
        },
      },
    })
  })

  it.each(['not a url', 'ftp://example.com'])('refuses %s for a URL', (TACKLINE_URL) => {
    expect(readConfiguration({ TACKLINE_URL, TACKLINE_TOKEN: 't' }, undefined)).toMatchObject({
      ok: false,
      failure: { kind: 'usage' },
    })
  })
})
