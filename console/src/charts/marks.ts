// What charts draw: an estimate with its interval, and a line with its band.

export interface Mark {
  readonly key: string
  readonly colour: number
  readonly estimate: number
  readonly low: number
  /** Infinity if there is no bound. */
  readonly high: number
  /** A narrower interval, drawn thick. */
  readonly inner?: { readonly low: number; readonly high: number } | undefined
}

export interface Line {
  readonly key: string
  readonly name: string
  readonly colour: number
  /** In order of time. */
  readonly points: readonly {
    readonly at: number
    readonly value: number
    readonly low: number
    readonly high: number
  }[]
}
