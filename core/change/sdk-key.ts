// Commands on SDK keys. The key itself is never here, only its SHA-256.
import { create, edit, remove, update } from './entity.ts'
import type { Handlers } from './handler.ts'

export const sdkKeyHandlers: Handlers<
  'create-sdk-key' | 'update-sdk-key' | 'rotate-sdk-key' | 'delete-sdk-key'
> = {
  'create-sdk-key': (state, { key }, context) =>
    create(state, 'sdkKey', key.id, { ...key, disabled: false }, context),
  'update-sdk-key': (state, command, context) => edit(state, 'sdkKey', command, context),
  'rotate-sdk-key': (state, command, context) => {
    const { sha256, overlapMs } = command
    return update(state, 'sdkKey', command, context, (current) => ({
      ...current,
      sha256,
      previous: overlapMs > 0 ? { sha256: current.sha256, expiresAt: context.now + overlapMs } : undefined,
    }))
  },
  'delete-sdk-key': (state, command) => remove(state, 'sdkKey', command),
}
