// The local workerd restricts no objects to a jurisdiction: this shows what is asked of Cloudflare, no more.
import { expect, it } from 'vitest'
import { inJurisdiction } from './jurisdiction.ts'

class DurableObjectNamespace {
  readonly where: string
  constructor(where = 'anywhere') {
    this.where = where
  }
  jurisdiction(name: string) {
    return new DurableObjectNamespace(name)
  }
}
const bindings = { ENVIRONMENT: new DurableObjectNamespace(), LAKE: { jurisdiction: () => 'no namespace' } }

it('restricts all namespaces of Durable Objects, and nothing else', () => {
  expect(inJurisdiction({ ...bindings, JURISDICTION: 'eu' })).toEqual({
    ENVIRONMENT: new DurableObjectNamespace('eu'),
    LAKE: bindings.LAKE,
    JURISDICTION: 'eu',
  })
})

it('leaves them where they are without the variable', () => {
  expect(inJurisdiction(bindings)).toBe(bindings)
})
