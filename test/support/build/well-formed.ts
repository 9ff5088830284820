/**
 * Whether no text in a value has an unpaired surrogate. JSON.stringify escapes those, and doubles backslashes
 * in texts.
 */
export const isWellFormed = (value: unknown): boolean =>
  !/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(JSON.stringify(value))
