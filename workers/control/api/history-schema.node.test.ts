import { expect, it } from 'vitest'
import { withoutSecrets } from '../../../core/change/redaction.ts'
import { HistoryEntry } from './history-schema.ts'

it('history of an environment has no secrets, in commands and in values', () => {
  const sdkKey = { id: 'k', sha256: 'aa', previous: { sha256: 'bb', expiresAt: 1 } }
  const entry = {
    number: 7,
    command: { kind: 'create-sdk-key', key: { id: 'k', sha256: 'aa' } },
    before: [{ kind: 'trigger', id: 't', value: null }],
    after: [
      { kind: 'sdkKey', id: 'k', value: sdkKey },
      { kind: 'trigger', id: 't', value: { id: 't', sha256: 'cc' } },
    ],
  }
  expect(withoutSecrets(entry, HistoryEntry)).toEqual({
    number: 7,
    command: { kind: 'create-sdk-key', key: { id: 'k' } },
    before: [{ kind: 'trigger', id: 't', value: null }],
    after: [
      { kind: 'sdkKey', id: 'k', value: { id: 'k', previous: { expiresAt: 1 } } },
      { kind: 'trigger', id: 't', value: { id: 't' } },
    ],
  })
})

it('history of an organisation has no secrets', () => {
  const entry = { command: null, before: null, after: { id: 't', sha256: 'aa', name: 'ci' } }
  expect(withoutSecrets(entry, HistoryEntry)).toEqual({ ...entry, after: { id: 't', name: 'ci' } })
})
