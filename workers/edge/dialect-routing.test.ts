// Paths of every protocol, with and without a prefix.
import { expect, it } from 'vitest'
import { dialectOf, withoutPrefix } from './dialect-routing.ts'

it.each([
  ['/x/get_evaluations', { prefix: '/x', path: '/get_evaluations' }],
  ['/a/b/c/d/ofrep/v1/evaluate/flags/one', { prefix: '/a/b/c/d', path: '/ofrep/v1/evaluate/flags/one' }],
  ['/a/shop/bucketing.json', { prefix: '/a', path: '/shop/bucketing.json' }],
  ['POST /x', { prefix: '/x', path: '/' }],
  ['/x/v2/shop/campaigns', { prefix: '/x', path: '/v2/shop/campaigns' }],
  ['/a/b/c/d/e/get_evaluations', undefined],
  ['/api/v1/ping', undefined],
  ['/console/flags', undefined],
  ['/app.js', undefined],
  ['POST /x/shop/campaigns', { prefix: '/x', path: '/shop/campaigns' }],
  ['POST /x/v2shop/campaigns', { prefix: '/x', path: '/v2shop/campaigns' }],
])('%s without its prefix', (path, expected) => {
  const [method = '', target = ''] = path.includes(' ') ? path.split(' ') : ['GET', path]
  const found = withoutPrefix(method, target)
  expect(found && { prefix: found.prefix, path: found.path }).toEqual(expected)
})

it('finds the protocol of a path', () => {
  const paths = ['/get_evaluation', '/v2/shop/campaigns', '/', '/ofrep/v1/x', '/index.html']
  expect(paths.map((path) => dialectOf('POST', path))).toEqual([
    'bucketeer',
    'flagship-io',
    'flagship-io',
    'ofrep',
    undefined,
  ])
  expect(dialectOf('GET', '/')).toBeUndefined()
})
