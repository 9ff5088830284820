// The compose file beside the image: what it names is what the image has. test/e2e/container.test.ts runs it.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { readServeOptions } from './serve/main.ts'

const folder = path.join(import.meta.dirname, 'container')
const containerfile = readFileSync(path.join(folder, 'Dockerfile'), 'utf8')
const { services, volumes } = parse(readFileSync(path.join(folder, 'compose.yaml'), 'utf8'))

it('the compose file runs what the Dockerfile builds, without rights, on its cache and its port', () => {
  expect(Object.keys(services)).toEqual(['runner'])
  const { build, ports, volumes: mounts, ...runner } = services.runner
  const root = path.join(folder, build.context)
  expect(existsSync(path.join(root, build.dockerfile))).toBe(true)
  expect(existsSync(path.join(root, 'package.json'))).toBe(true)
  const [command, ...args] = JSON.parse(/^CMD (\[.*\])$/m.exec(containerfile)![1]!)
  const options = readServeOptions(args)
  expect([command, options]).toMatchObject(['serve', { ok: true, value: { host: '0.0.0.0' } }])
  const port = options.ok ? options.value.port : 0
  expect(ports).toEqual([`127.0.0.1:${port}:${port}`])
  expect(containerfile).toContain(`EXPOSE ${port}\n`)
  const [cache, mountPath] = mounts[0].split(':')
  expect(volumes).toHaveProperty(cache)
  expect(containerfile).toContain(`TACKLINE_LAKE_CACHE=${mountPath}\n`)
  expect(runner).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
  })
  expect(Number.parseInt(runner.stop_grace_period, 10)).toBeGreaterThan(25)
})
