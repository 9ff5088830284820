// A flag as the admin API takes it, for tests in workerd and against the local stack.

export const flagDraft = (key: string, changes: object = {}) => ({
  key,
  type: 'boolean',
  enabled: true,
  variations: [
    { id: 'on', value: 'true' },
    { id: 'off', value: 'false' },
  ],
  offVariationId: 'off',
  defaultStrategy: { strategy: { kind: 'fixed', variationId: 'on' } },
  ...changes,
})
