import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readCommandLine, readConfiguration } from './configuration.ts'

const local = JSON.stringify({ url: 'http://127.0.0.1:9999/', token: 'local-token', more: true })

describe('the command line', () => {
  it('chooses all work in all environments by default', () => {
    expect(readCommandLine([])).toEqual({
      ok: true,
      value: {
        work: 'all',
        environmentId: undefined,
        engine: 'auto',
        isDryRun: false,
        isRecount: false,
        print: 'text',
      },
    })
  })
  it('takes arguments in any order', () => {
    expect(readCommandLine(['--json', '--environment', 'demo', 'experiments', '--engine=cmdstan'])).toEqual({
      ok: true,
      value: {
        work: 'experiments',
        environmentId: 'demo',
        engine: 'cmdstan',
        isDryRun: false,
        isRecount: false,
        print: 'json',
      },
    })
  })
})

describe('the configuration', () => {
  it('needs only a token for the local stack at its usual address', () => {
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

  it('takes the URL and token that npm start wrote', () => {
    expect(readConfiguration({}, local)).toMatchObject({
      ok: true,
      value: { api: { url: 'http://127.0.0.1:9999', token: 'local-token' } },
    })
  })

  it('never sends the local token to another host', () => {
    expect(readConfiguration({ TACKLINE_URL: 'https://flags.example.com' }, local)).toMatchObject({
      ok: false,
      problem: { kind: 'usage', message: expect.stringContaining('is for http://127.0.0.1:9999, not for') },
    })
  })

  it('guesses neither lake nor credentials of a stack that is not local', () => {
    const remote = { TACKLINE_URL: 'https://flags.example.com', TACKLINE_TOKEN: 't' }
    expect(readConfiguration(remote, undefined)).toMatchObject({
      ok: false,
      problem: { message: expect.stringContaining('needs TACKLINE_S3_ENDPOINT') },
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

  it.each(['not a url', 'ftp://example.com'])('refuses the URL %s', (TACKLINE_URL) => {
    expect(readConfiguration({ TACKLINE_URL, TACKLINE_TOKEN: 't' }, undefined)).toMatchObject({
      ok: false,
      problem: { kind: 'usage' },
    })
  })
})
