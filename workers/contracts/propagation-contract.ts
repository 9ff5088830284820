// What the object of an environment's intake is told of publications, and what it knows of each.

/** Exposures that edge received in one second of its clock (epoch seconds), on one revision. */
export interface RevisionCount {
  readonly second: number
  readonly revision: number
  readonly exposures: number
  /** Epoch milliseconds: when the first of them was received. */
  readonly firstAt: number
}

export interface Publication {
  readonly revision: number
  /** Epoch milliseconds: from then on edge could learn of it. */
  readonly publishedAt: number
  /** Of the minutes after it, on this revision and others, in order of time. */
  readonly seconds: readonly RevisionCount[]
}

export interface PublicationPage {
  /** When counts were last added; null if never. */
  readonly asOf: number | null
  /** Newest first. */
  readonly publications: readonly Publication[]
}

export interface PropagationStore {
  notePublication(environmentId: string, revision: number, at: number): unknown
  /** Those of earlier revisions than `before`. */
  publications(before: number, limit: number): PublicationPage | Promise<PublicationPage>
}
