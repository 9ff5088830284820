// Digests and e-mails of messages: nothing is lost or told twice, and no text becomes a header.
import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { recipientsOf } from '../text/mail-address.ts'
import { digestLengthMax, digestMessagesMax, partsOfDigest, toDigest } from './digest.ts'
import { toEmail } from './email-text.ts'
import type { Message } from './message.ts'

const message = (summary: string, more: object = {}): Message => ({
  type: 'flag.updated',
  timestamp: '2026-11-30T01:02:03.000Z',
  data: { environment: 'shop', kinds: ['flag.updated'], summary, ...more },
})

it('digests tell each message once, in order, within their limits', () => {
  const bodies = fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 120 })
  fc.assert(
    fc.property(bodies, (lengths) => {
      const parts = lengths.map((length, i) => ({
        id: `msg_${i}`,
        body: JSON.stringify(message('x'.repeat(length))),
      }))
      const told: string[] = []
      for (let left = parts; left.length > 0;) {
        const together = partsOfDigest(left)
        expect(together.length).toBeGreaterThan(0)
        expect(together.length).toBeLessThanOrEqual(digestMessagesMax)
        const length = together.reduce((sum, { body }) => sum + body.length, 0)
        if (together.length > 1) expect(length).toBeLessThanOrEqual(digestLengthMax)
        const digest = toDigest(together)
        expect(toDigest(together)).toEqual(digest)
        const { data, type } = JSON.parse(digest.body) as Message
        const messages = data['messages'] as { id: string }[] | undefined
        expect(type).toBe(together.length > 1 ? 'webhook.digest' : 'flag.updated')
        told.push(...(messages ?? together).map(({ id }) => id))
        left = left.slice(together.length)
      }
      expect(told).toEqual(parts.map(({ id }) => id))
    }),
  )
})

it('an e-mail has a subject in one line, and the reason and the link in its text', () => {
  const { subject, text } = toEmail(
    message(`Ada\r\nBcc: eve@example.com turned flag ${'x'.repeat(300)} off.`, { reason: 'errors' }),
    'https://flags.example.com',
  )
  expect(subject).toMatch(/^\[shop\] Ada Bcc: eve@example\.com turned flag x+…$/)
  expect(subject.length).toBe(150)
  expect(text.split('\n').slice(-4)).toEqual([
    'Reason: errors',
    '',
    'Environment: shop',
    'https://flags.example.com/environments/shop/history',
  ])
})

it.each([
  ['mailto:ops@example.com', ['ops@example.com']],
  ['mailto:a@example.com,b%2Bc@example.com', ['a@example.com', 'b+c@example.com']],
  ['mailto:', undefined],
  ['mailto:ops@example.com?bcc=eve@example.com', undefined],
  ['mailto:ops@localhost', undefined],
  ['mailto:a@example.com%0d%0aBcc:eve@example.com', undefined],
  ['mailto:"a b"@example.com', undefined],
  ['mailto:%', undefined],
  ['https://example.com', undefined],
  [`mailto:${Array.from({ length: 21 }, (_, i) => `u${i}@example.com`).join(',')}`, undefined],
])('%s goes to %s', (url, expected) => expect(recipientsOf(url)).toEqual(expected))
