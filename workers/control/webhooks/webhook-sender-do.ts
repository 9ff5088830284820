// The Durable Object that delivers to one webhook. One per webhook, so that a receiver that hangs delays
// nobody else. What is to be delivered is in D1; the object only keeps which webhook it is for, and its
// alarm.
import { DurableObject } from 'cloudflare:workers'
import { logError } from '../../http/log.ts'
import { openDatabase } from '../../storage/database.ts'
import type { Target } from '../../storage/deliveries.ts'
import { sendDue } from './send-due.ts'
import { type WebhookVariables, webhookSettings } from './settings.ts'

/** After an error that no receiver caused; then twice as long each time, up to an hour. */
const faultRetryMs = 30_000
const faultRetryMsMax = 3_600_000

export interface SenderBindings extends WebhookVariables {
  readonly DB: D1Database
}

export class WebhookSender extends DurableObject<SenderBindings> {
  #wakings = 0
  /** In a row. */
  #faults = 0

  /** Something may be due. Returns when the alarm is stored: from then on it will be looked at. */
  async wake(target: Target): Promise<void> {
    this.#wakings++
    if (!(await this.ctx.storage.get('target'))) await this.ctx.storage.put('target', target)
    await this.#arm(Date.now())
  }

  override async alarm(): Promise<void> {
    const target = await this.ctx.storage.get<Target>('target')
    if (!target) return
    const wakings = this.#wakings
    const next = await this.#look(target)
    if (next !== undefined) await this.#arm(next)
    else if (wakings === this.#wakings) await this.ctx.storage.deleteAll() // an idle webhook stores nothing
  }

  /** Never throws: the platform gives up an alarm that fails six times. */
  async #look(target: Target): Promise<number | undefined> {
    try {
      const settings = webhookSettings(this.env)
      const ports = { database: openDatabase(this.env.DB), settings, now: Date.now, chance: Math.random }
      const next = await sendDue(ports, target)
      this.#faults = 0
      return next
    } catch (cause) {
      logError('webhooks', cause)
      return Date.now() + Math.min(faultRetryMs * 2 ** this.#faults++, faultRetryMsMax)
    }
  }

  /** Keeps an earlier alarm. */
  async #arm(at: number): Promise<void> {
    const armed = await this.ctx.storage.getAlarm()
    if (armed === null || armed > at) await this.ctx.storage.setAlarm(at)
  }
}
