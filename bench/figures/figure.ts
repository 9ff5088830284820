// A figure that is measured outside of the rounds, with its target.
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The target: at most this. */
  readonly atMost?: number
}

export interface Figures {
  readonly figures: (rounds: number) => Promise<Figure[]> | Figure[]
}

/** Each is measured in a process of its own, by the module of that name. */
export const figureNames = ['load', 'first-load', 'memory', 'allocation', 'members'] as const
export type FigureName = (typeof figureNames)[number]
