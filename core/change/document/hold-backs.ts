// What a document makes of layers and holdouts. What it does not say stays as it is, so that no user moves.
import type { ChangeContext } from '../entity.ts'
import { experimentMsMax } from '../experiment.ts'
import { atItsTime } from '../holdout.ts'
import type { Entities, EnvironmentState } from '../../model/environment-state.ts'
import { holdoutStatusAt } from '../../model/holdout.ts'
import type { RuleIdHere } from './rule-ids-here.ts'
import type { Document } from './schema.ts'

export const layerFields = (
  state: EnvironmentState,
  id: string,
  entry: Document['layers'][string],
  ruleIdHere: RuleIdHere,
  { newId }: ChangeContext,
) => ({
  ...entry,
  id,
  allotments: entry.allotments.map((each) => ({ ...each, ruleId: ruleIdHere(each.flagKey, each.ruleId) })),
  salt: entry.salt ?? state.layer.get(id)?.salt ?? newId(),
})

/** `state` has the document's flags already. */
export function holdoutFields(
  state: EnvironmentState,
  id: string,
  entry: Document['holdouts'][string],
  ruleIdHere: RuleIdHere,
  context: ChangeContext,
): object {
  const current = state.holdout.get(id)
  const { now, newId } = context
  const startAt = entry.startAt ?? current?.startAt ?? now
  const fields = {
    ...entry,
    id,
    salt: entry.salt ?? current?.salt ?? newId(),
    startAt,
    stopAt: entry.stopAt ?? current?.stopAt ?? startAt + experimentMsMax,
    status: entry.status ?? current?.status ?? 'waiting',
  } as const
  // Whom a holdout here holds is its own affair; the document says it of one that is new.
  const held = current
    ? current.status === 'running'
      ? current.held
      : undefined
    : entry.held?.map((each) => ({ ...each, ruleId: ruleIdHere(each.flagKey, each.ruleId) }))
  const isKnown = held !== undefined && holdoutStatusAt(fields, now) === 'running'
  return atItsTime(
    state,
    { ...fields, held: isKnown ? held : [], ...(isKnown && { status: 'running' as const }) },
    context,
  )
}

/** Of a complete document that does not list it: one that runs ends, one that has not begun goes. */
export function withoutHoldout(holdout: Entities['holdout'], now: number): Entities['holdout'] | null {
  const status = holdoutStatusAt(holdout, now)
  if (status === 'waiting') return null
  if (holdout.status === 'ended') return holdout
  const { at: _, ...rest } = holdout
  return { ...rest, status: 'ended', stopAt: Math.min(holdout.stopAt, now) }
}
