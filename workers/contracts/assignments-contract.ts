// The interface of the Durable Object that stores assignments, for edge, which must not depend on its class.

/** Id of the rule, id of the variation. */
export type AssignmentRow = readonly [ruleId: string, variationId: string]

export interface AssignmentStore {
  read(who: string): AssignmentRow[] | Promise<AssignmentRow[]>
  keep(who: string, rows: readonly AssignmentRow[]): void | Promise<void>
}
