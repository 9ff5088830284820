/** Whether no text in a value has half a surrogate pair: JSON.stringify writes one as `\ud800`, and a backslash in a text as two. */
export const isWellFormed = (value: unknown): boolean =>
  !/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(JSON.stringify(value))
