// What the object that keeps assignments answers to edge: the contract, without the class behind it.

/** Id of the rule, id of the variation. */
export type AssignmentRow = readonly [ruleId: string, variationId: string]

export interface AssignmentStore {
  read(who: string): AssignmentRow[] | Promise<AssignmentRow[]>
  keep(who: string, rows: readonly AssignmentRow[]): void | Promise<void>
}
