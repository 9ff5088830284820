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

  const here = { TACKLINE_TOKEN: 't', TACKLINE_CLICKHOUSE_URL: 'https://clickhouse.example.com:8443/' }
  const lake = { TACKLINE_S3_ENDPOINT: 'https://account.r2.cloudflarestorage.com' }

  it('counts in this process unless a ClickHouse server is named', () => {
    expect(readConfiguration({ TACKLINE_TOKEN: 't' }, undefined)).toMatchObject({
      value: { clickHouse: undefined },
    })
    expect(readConfiguration({ ...here, ...lake }, undefined)).toMatchObject({
      ok: true,
      value: {
        clickHouse: {
          url: 'https://clickhouse.example.com:8443',
          user: 'default',
          password: '',
          certificatesFile: undefined,
          cluster: undefined,
          collection: undefined,
          s3Endpoint: 'https://account.r2.cloudflarestorage.com',
        },
      },
    })
  })

  it.each([
    [
      'a variable without a server',
      { TACKLINE_CLICKHOUSE_URL: '', TACKLINE_CLICKHOUSE_CLUSTER: 'c' },
      'name the server',
    ],
    ['another protocol', { TACKLINE_CLICKHOUSE_URL: 'clickhouse://a:9000' }, 'http or https'],
    [
      'credentials in the URL',
      { TACKLINE_CLICKHOUSE_URL: 'https://me:hush@a.example' },
      'TACKLINE_CLICKHOUSE_PASSWORD',
    ],
    ['no URL at all', { TACKLINE_CLICKHOUSE_URL: '//me:hush@a.example' }, 'is not a URL'],
    ['a collection with a sign', { TACKLINE_CLICKHOUSE_COLLECTION: 'a b' }, 'not the name of a collection'],
    [
      'an endpoint that is no URL',
      { TACKLINE_CLICKHOUSE_S3_ENDPOINT: 'r2' },
      'TACKLINE_CLICKHOUSE_S3_ENDPOINT',
    ],
    ['a lake that the server cannot reach', { TACKLINE_S3_ENDPOINT: 'http://127.0.0.1:1' }, 'cannot reach'],
  ])('refuses %s for ClickHouse', (_, changes, message) => {
    const read = readConfiguration({ ...here, ...lake, ...changes }, undefined)
    expect(read).toMatchObject({
      ok: false,
      problem: { kind: 'usage', message: expect.stringContaining(message) },
    })
    expect(JSON.stringify(read)).not.toContain('hush')
  })
})
