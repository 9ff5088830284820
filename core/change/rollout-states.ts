// How a progressive rollout goes from one state to the next.
import type { Entities } from '../model/environment-state.ts'
import type { Strategy } from '../model/flag.ts'
import { stepInQuestion, strategyAfter } from '../model/progressive-rollout.ts'
import type { ChangeContext } from './entity.ts'

type Rollout = Entities['progressiveRollout']

/** What the rule serves by what was made of the rollout; undefined if it has not begun. */
export const strategyServed = (rollout: Rollout): Strategy | undefined =>
  rollout.before &&
  strategyAfter(rollout.before, rollout, rollout.status === 'rolled-back' ? 0 : rollout.stepsMade)

/** `reason`: why it happened by itself; absent: somebody asked for it. */
export function nextRollout(
  { cause: _, ...current }: Rollout,
  changes: Partial<Rollout>,
  { now }: ChangeContext,
  reason?: string,
): Rollout {
  return {
    ...current,
    ...changes,
    version: current.version + 1,
    updatedAt: now,
    ...(reason !== undefined && { cause: { at: now, reason } }),
  }
}

/** Without what is only true while it runs. */
const atRest = ({
  at: _,
  remainingMs: __,
  awaitsApproval: ___,
  awaitsFacts: ____,
  ...rollout
}: Rollout): Rollout => rollout

/** What its hold, which is over, waits for. */
const waitsOf = ({ awaitsApproval, awaitsFacts }: Rollout) => ({
  ...(awaitsApproval && { awaitsApproval }),
  ...(awaitsFacts && { awaitsFacts }),
})

/** Another step begins: what was found of the one before says nothing of it. */
const withoutFacts = ({ facts: _, ...rollout }: Rollout): Rollout => rollout

export function paused(rollout: Rollout, context: ChangeContext, reason?: string): Rollout {
  const { at } = rollout
  const remainingMs = at === undefined ? 0 : Math.max(0, at - context.now)
  const changes = { status: 'paused', remainingMs, ...waitsOf(rollout) } as const
  return nextRollout(atRest(rollout), changes, context, reason)
}

/** The step holds for as long as it still had to. */
export function resumed(rollout: Rollout, context: ChangeContext): Rollout {
  const { remainingMs = 0 } = rollout
  const waits = waitsOf(rollout)
  const goesOn = Object.keys(waits).length > 0 ? waits : { at: context.now + remainingMs }
  return nextRollout(atRest(rollout), { status: 'running', ...goesOn }, context)
}

export const ended = (
  rollout: Rollout,
  status: 'stopped' | 'finished' | 'rolled-back',
  context: ChangeContext,
  reason?: string,
): Rollout => nextRollout(atRest(rollout), { status }, context, reason)

/** Its users get what they had before the first step: the caller writes that to the flag. */
export const rolledBack = (rollout: Rollout, context: ChangeContext, reason?: string): Rollout =>
  ended(rollout, 'rolled-back', context, reason)

/** After a step was made. */
export function stepped(rollout: Rollout, context: ChangeContext, reason?: string): Rollout {
  const stepsMade = rollout.stepsMade + 1
  const { holdMs, approval } = rollout.steps[stepsMade - 1]!
  const changes = {
    status: 'running' as const,
    stepsMade,
    stepAt: context.now,
    at: context.now + holdMs,
    approved: !approval,
  }
  return nextRollout(withoutFacts(atRest(rollout)), changes, context, reason)
}

/**
 * Paused at the step before, which holds anew once it is resumed. The caller writes the flag as it was then.
 * Some step must have been made.
 */
export function steppedBack(rollout: Rollout, context: ChangeContext, reason?: string): Rollout {
  const stepsMade = rollout.stepsMade - 1
  const { holdMs = 0, approval = false } = rollout.steps[stepsMade - 1] ?? {}
  const changes = {
    status: 'paused' as const,
    stepsMade,
    stepAt: context.now,
    remainingMs: holdMs,
    approved: !approval,
  }
  return nextRollout(withoutFacts(atRest(rollout)), changes, context, reason)
}

/** The hold is over, and something else is missing. */
export const awaiting = (rollout: Rollout, missing: 'facts' | 'approval', context: ChangeContext): Rollout =>
  missing === 'facts'
    ? nextRollout(atRest(rollout), { awaitsFacts: true }, context, 'its step has held, and waits for users')
    : nextRollout(
        atRest(rollout),
        { awaitsApproval: true },
        context,
        'its step has held, and awaits an approval',
      )

/** What still keeps the last step. It holds until nothing is left. */
export function missingOf(rollout: Rollout, now: number): ('time' | 'facts' | 'approval')[] {
  const { at, approved, awaitsApproval, awaitsFacts } = rollout
  const isOver = awaitsApproval === true || awaitsFacts === true
  return [
    ...(!isOver && at !== undefined && now < at ? (['time'] as const) : []),
    ...(stepInQuestion(rollout) ? (['facts'] as const) : []),
    ...(approved === false ? (['approval'] as const) : []),
  ]
}
