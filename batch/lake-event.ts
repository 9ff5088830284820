// What happens in a run that changes the lake or copies from it: compact, retain, forget, export. Part of the
// events of a run (run-event.ts).
import type { Certificate } from './certificate.ts'

interface DayEvent {
  readonly environmentId: string
  /** Of receipt: `2026-11-21`. */
  readonly day: string
}

export type LakeEvent =
  | (DayEvent & {
      readonly kind: 'compacted'
      readonly rawObjects: number
      readonly mergedParts: number
      readonly parts: number
      readonly records: number
      /** Records that were left out because they say what another says. */
      readonly copies: number
    })
  | (DayEvent & { readonly kind: 'would-compact'; readonly rawObjects: number; readonly parts: number })
  /** They hold records of a later version, or are not what their names say. They are counted as they are. */
  | (DayEvent & { readonly kind: 'left-raw'; readonly objects: number })
  /** Other runners changed the day again and again; the next run goes on. */
  | (DayEvent & { readonly kind: 'overtaken' })
  /** Deleted: no manifest has needed them for a day. */
  | (DayEvent & { readonly kind: 'swept'; readonly objects: number })
  | (DayEvent & { readonly kind: 'would-sweep'; readonly objects: number })
  | { readonly kind: 'nothing-to-compact'; readonly environmentId: string }
  | (DayEvent & {
      readonly kind: 'retained'
      readonly objects: number
      /** Undefined if the whole day went. */
      readonly records?: number
      readonly isDryRun: boolean
      /** Days. */
      readonly done: number
      readonly of: number
    })
  | { readonly kind: 'nothing-to-retain'; readonly environmentId: string }
  /** By its settings, the environment's events are kept for ever. */
  | { readonly kind: 'no-retention'; readonly environmentId: string }
  /**
   * So many days are old enough to go, and stay, or their links do: what is open reads from this time on
   * (epoch milliseconds).
   */
  | {
      readonly kind: 'still-counted'
      readonly environmentId: string
      readonly days: number
      readonly countedFrom: number
    }
  | (DayEvent & { readonly kind: 'progress'; readonly done: number; readonly of: number })
  | { readonly kind: 'forgotten'; readonly environmentId: string; readonly certificate: Certificate }
  | {
      readonly kind: 'would-export'
      readonly environmentId: string
      readonly objects: number
      readonly missingObjects: number
    }
  | {
      readonly kind: 'exported'
      readonly environmentId: string
      readonly file: string
      readonly objects: number
      readonly bytes: number
    }
