// How long a message waits for its next delivery.

/** Seconds. */
const firstDelay = 5
const delayMax = 4 * 3_600

/**
 * Doubles with each attempt, from 5 seconds to 4 hours. With the 20 retries of wrangler.toml a message of the
 * event queue waits 38 hours in all, so it reaches the dead-letter queue before the event queue forgets it
 * (Cloudflare: after 4 days).
 */
export const retryDelay = (attempts: number): number =>
  Math.min(firstDelay * 2 ** Math.min(attempts - 1, 30), delayMax)
