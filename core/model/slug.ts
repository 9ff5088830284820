// The pattern of organisation, project and environment ids. SDK keys and trigger addresses contain an
// environment id, so they build on it. No zod here: edge uses it as well.

/** Lower-case letters, digits and hyphens, at most 40. Not anchored, for use inside larger patterns. */
export const slugSource = '[a-z0-9][a-z0-9-]{0,39}'

/** A text that is a slug and nothing else. */
export const slugPattern = new RegExp(`^${slugSource}$`)
