// What the object of an environment's intake asks of the environment's object, without the class behind it.
import type { Finding } from '../../core/change/system-message.ts'

export interface FindingTeller {
  /** Webhooks are told of each finding once, however often it is asked. */
  tell(environmentId: string, findings: readonly Finding[]): unknown
}
