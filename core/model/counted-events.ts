// Which events an experiment or operation counts. A client key is public, so whoever has it can report
// anything; edge checks what it can, and knows who sent a server key.
import * as z from 'zod'

/**
 * `all`: every event. `verified`: exposures that edge found to be its own decision, or that came with a
 * server key, and all goals. `server`: exposures and goals that came with a server key. Absent: `all`.
 */
export const CountedEvents = z.enum(['all', 'verified', 'server'])
export type CountedEvents = z.infer<typeof CountedEvents>
export const countedByDefault: CountedEvents = 'all'

/**
 * Many users may come from one address: a server of one's own with a client key, an office, a test. Without
 * it, many users from one address are taken for invented ones.
 */
export const SharedAddress = z.boolean()

/**
 * An operation on `verified` events counts, of the users from one address and day, at most this share of its
 * minimum of users, and at most so many. As many users do not make it fire, so it takes several addresses.
 */
const shareOfMinimum = 0.1
const usersOfAddressMax = 50

/** The most users from one address that count for an operation; 0: no limit. */
export const sourceUsersMax = ({
  counts,
  sharedAddress,
  minimumUsers,
}: {
  readonly counts?: CountedEvents | undefined
  readonly sharedAddress?: boolean | undefined
  readonly minimumUsers: number
}): number =>
  counts === 'verified' && !sharedAddress
    ? Math.min(usersOfAddressMax, Math.max(1, Math.floor(minimumUsers * shareOfMinimum)))
    : 0
