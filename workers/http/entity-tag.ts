// Entity tags (RFC 9110, section 8.8.3) that hold a number: the version of an entity or the revision of an
// environment.

/** The number in `"12"` or `W/"12"`; the quotes may be missing. Undefined for anything else. */
export function fromEntityTag(text: string): number | undefined {
  const digits = /^(?:W\/)?"?(\d{1,15})"?$/.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export const toEntityTag = (number: number): string => `"${number}"`
