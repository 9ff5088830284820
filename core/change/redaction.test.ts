// Every field that a schema marks as secret is removed, and fields that look like secrets are marked.
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type EntityKind, entitySchemas } from '../model/environment-state.ts'
import { isSecret } from '../model/secret.ts'
import { Command } from './command.ts'
import { withoutSecrets } from './redaction.ts'

const kinds = Object.keys(entitySchemas) as EntityKind[]

interface Leaf {
  readonly path: string
  readonly secret: boolean
}

/** A value with every declared field, and the paths of its leaves. Recursive schemas end at a depth. */
function sampleOf(schema: unknown, path: string, leaves: Leaf[], depth = 0): unknown {
  const inside = (inner: unknown, name: string | undefined) =>
    sampleOf(inner, name === undefined ? path : `${path}.${name}`, leaves, depth + 1)
  if (depth > 12) return null
  if (isSecret(schema as z.ZodType)) {
    leaves.push({ path, secret: true })
    return `secret at ${path}`
  }
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries(schema.shape).map(([name, field]) => [name, inside(field, name)])
    return Object.fromEntries(fields)
  }
  if (schema instanceof z.ZodArray) return [inside(schema.element, '0')]
  if (schema instanceof z.ZodRecord) return { some: inside(schema.valueType, 'some') }
  if (schema instanceof z.ZodUnion) {
    const options = schema.options.map((option) => inside(option, undefined))
    return options.find((option) => typeof option === 'object') ?? options[0]
  }
  if (schema instanceof z.ZodPipe) return inside(schema.in, undefined)
  const { innerType, getter } = (schema as z.ZodType).def as { innerType?: unknown; getter?: () => unknown }
  if (innerType ?? getter) return inside(innerType ?? getter?.(), undefined)
  leaves.push({ path, secret: false })
  return `public at ${path}`
}

describe.each(kinds)('of a %s', (kind) => {
  const schema = entitySchemas[kind]
  const leaves: Leaf[] = []
  const sample = sampleOf(schema, kind, leaves)

  it('every secret field is removed, and no other', () => {
    const text = JSON.stringify(withoutSecrets(sample, schema))
    expect(text).not.toContain('secret at')
    for (const { path } of leaves.filter(({ secret }) => !secret))
      if (JSON.stringify(sample).includes(`public at ${path}"`)) expect(text).toContain(`public at ${path}"`)
  })

  it('every field that is named like a secret is marked as one', () => {
    const unmarked = leaves.filter(
      ({ path, secret }) => !secret && /(sha256|secret|token|password)$/i.test(path),
    )
    // the name of a published list of hashes, by its content
    expect(unmarked.map(({ path }) => path)).toEqual(kind === 'segment' ? ['segment.members.sha256'] : [])
  })
})

it('the secret fields are these', () => {
  const leaves: Leaf[] = []
  for (const kind of kinds) sampleOf(entitySchemas[kind], kind, leaves)
  expect(leaves.filter(({ secret }) => secret).map(({ path }) => path)).toEqual([
    'trigger.sha256',
    'trigger.signature.secret',
    'webhook.secretUrl',
    'webhook.secret',
    'webhook.previousSecret.secret',
    'sdkKey.sha256',
    'sdkKey.previous.sha256',
  ])
})

it('commands lose the secrets in them', () => {
  const rotate = { kind: 'rotate-trigger', id: 't', sha256: 'aa' }
  expect(withoutSecrets(rotate, Command)).toEqual({ kind: 'rotate-trigger', id: 't' })
  const sent = { kind: 'import', sdkKeys: [{ name: 'web', sha256: 'aa' }], flags: '[cut]' }
  expect(withoutSecrets(sent, Command)).toEqual({
    kind: 'import',
    sdkKeys: [{ name: 'web' }],
    flags: '[cut]',
  })
  const members = { kind: 'set-members', members: { count: 1, sha256: 'aa', list: 'l' } }
  expect(withoutSecrets(members, Command)).toEqual(members)
})

it('a field that no schema declares is judged by its name', () => {
  const value = { old: { keySha256: 'aa', name: 'x' } }
  expect(withoutSecrets(value, z.strictObject({}))).toEqual({ old: { name: 'x' } })
})
