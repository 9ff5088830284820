import { describe, expect, it } from 'vitest'
import { sourceOf, typeOf } from './source-of.ts'

describe('whose file it is', () => {
  it.each([
    ['{"format":1,"flags":{}}', 'tackline', 'application/json'],
    ['# exported\nformat: 1\nflags:\n  a: {}\n', 'tackline', 'application/yaml'],
    [' {"features":[]}', 'bucketeer', 'application/json'],
    ['{"feature":{}}', 'bucketeer', 'application/json'],
    ['{"campaigns":[],"panic":false}', 'flagship-io', 'application/json'],
    ['{"$schema":"x","flags":{"format":{}}}', 'flagd', 'application/json'],
    ['flags:\n  format:\n    state: ENABLED\n', 'flagd', 'application/yaml'],
    ['{"items":[],"cursor":null}', 'cloudflare', 'application/json'],
    ['{"users":[]}', undefined, 'application/json'],
    ['{"flags":', undefined, 'application/json'],
    ['key,name\n1,2\n', undefined, 'application/yaml'],
  ])('%s', (text, source, type) => {
    expect(sourceOf(text)).toBe(source)
    expect(typeOf(text)).toBe(type)
  })
})
