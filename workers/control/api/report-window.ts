// What the reports have in common: how far back they look, and their times.
import * as z from 'zod'

export const hourMs = 3_600_000
const windowHours = { '24h': 24, '7d': 7 * 24, '30d': 30 * 24 } as const

export const ReportWindow = z
  .enum(['24h', '7d', '30d'])
  .default('24h')
  .describe('How far back, in whole hours including the present one.')

export const AsOf = z
  .int()
  .nullable()
  .describe('When counts were last added, in epoch milliseconds. Null: never.')

export const Hour = z
  .int()
  .describe('The start of the hour in UTC, in epoch milliseconds, by time of receipt.')

/** Hours are numbered from the epoch. */
export const fromHour = (window: keyof typeof windowHours, now: number): number =>
  Math.floor(now / hourMs) - windowHours[window] + 1
