// An editor makes the environment as large as possible. It stays publishable, and what turns off or revokes
// still works.
import { createTestEnvironment, pause } from '../support/environment.ts'
import { ask, type Section } from './section.ts'
import { bearer } from './target.ts'

const flagsSent = 33
const valueLength = 88_000

/** About 800 kB. */
const bigFlag = (key: string) => ({
  key,
  type: 'string',
  enabled: true,
  variations: Array.from({ length: 9 }, (_, i) => ({ id: `v${i}`, value: 'x'.repeat(valueLength) })),
  offVariationId: 'v0',
  defaultStrategy: { strategy: { kind: 'fixed', variationId: 'v1' } },
})

export const wedge: Section = {
  name: 'wedge',
  claim: 'what makes a snapshot too large is refused with 413; turning off and revoking always pass',
  notInShort: 'snapshot-limit.test.ts holds the same in workerd',
  async run(target) {
    const id = `wedge-${target.here.environmentId.split('-').at(-1)}`
    const environment = await createTestEnvironment(target, id)
    target.secrets.set('the client key of the wedge', environment.clientKey)
    const findings: string[] = []
    const change = (method: string, path: string, body: object) =>
      ask(target, `/api/v1/environments/${id}${path}`, {
        method,
        headers: { ...bearer(target.token), 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const passes = async (what: string, method: string, path: string, body: object) => {
      const { status, text } = await change(method, path, body)
      const { published } = JSON.parse(text) as { published?: boolean }
      if (status >= 300 || published !== true) findings.push(`${what}: ${status}, published: ${published}`)
    }
    let taken = 0
    let refused = 0
    for (let i = 0; i < flagsSent; i++) {
      const { status, text } = await change('POST', '/flags', bigFlag(`big-${i}`))
      if (status === 413 && /16,000,000/.test(text)) refused++
      else if (status === 201 && /"published":true/.test(text) && refused === 0) taken++
      else findings.push(`flag ${i}: ${status} ${text.slice(-200)}`)
    }
    if (refused === 0) findings.push('nothing was refused')
    await passes('turning a flag off', 'PATCH', '/flags/big-0', { enabled: false })
    await passes('panic', 'PATCH', '/settings', { panic: true })
    await passes('the end of panic', 'PATCH', '/settings', { panic: false })
    const { text } = await ask(target, `/api/v1/environments/${id}/sdk-keys`, {
      headers: bearer(target.token),
    })
    const { sdkKeys } = JSON.parse(text) as { sdkKeys: { id: string; role: string }[] }
    const client = sdkKeys.find(({ role }) => role === 'client')!
    await passes('revoking a key', 'PATCH', `/sdk-keys/${client.id}`, { disabled: true })
    await pause(2_500)
    const evaluate = (key: string) =>
      ask(target, '/ofrep/v1/evaluate/flags/big-0', {
        method: 'POST',
        headers: { ...bearer(key), 'content-type': 'application/json' },
        body: '{"context":{"targetingKey":"ada"}}',
      })
    const revoked = await evaluate(environment.clientKey)
    if (![401, 403].includes(revoked.status)) findings.push(`the revoked key is answered ${revoked.status}`)
    const served = await evaluate(environment.serverKey)
    if (!/"reason":"DISABLED"/.test(served.text))
      findings.push(`the flag is not off: ${served.text.slice(0, 200)}`)
    const ready = await ask(target, '/readyz')
    if (!/"unpublished":0/.test(ready.text)) findings.push(`a revision is unpublished: ${ready.text}`)
    return {
      probes: taken + refused + 7,
      findings,
      seen: `${taken} flags of 800 kB taken, ${refused} refused with 413`,
    }
  },
}
