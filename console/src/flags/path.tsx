// An explained evaluation, drawn as one line through each question that was asked.
import {
  Check,
  Flag as FlagIcon,
  GitFork,
  type LucideIcon,
  Minus,
  PieChart,
  Split,
  User,
  X,
} from 'lucide-react'
import type { ReactNode } from 'react'
import type { ExplainedClause, ExplainedRollout } from '../../../core/evaluation/explain.ts'
import type { Flag } from '../../../core/model/flag.ts'
import { segmentOperators } from '../../../core/model/vocabulary.ts'
import type { EvaluatedFlag } from '../../../workers/control/api/flag-answers.ts'
import { debugging as words } from '../messages/debugging.ts'
import { targeting } from '../messages/targeting.ts'
import { BucketBar, percentOf } from './bucket-bar.tsx'
import css from './debugger.module.css'
import { listed, variationName } from './text.ts'

const { step } = words

interface PathProps {
  readonly flag: Flag
  readonly result: EvaluatedFlag
  readonly why: NonNullable<EvaluatedFlag['why']>
}

export function Path({ flag, result, why }: PathProps) {
  const { prerequisites, isTargeted, slice, rules, rollout } = why
  const isOff = result.reason === 'DISABLED'
  const failed = prerequisites.some(({ wanted, got }) => wanted !== got)
  const isEarly = isOff || failed
  const matched = rules.find((each) => each.matched)
  const isOutside = slice?.isIn === false
  return (
    <ol className={css['path']}>
      {prerequisites.length > 0 && (
        <Step icon={GitFork} title={failed ? step.prerequisiteFails : step.prerequisites} isEnd={failed}>
          {prerequisites.map(({ flagKey, wanted, got }) => (
            <p key={flagKey} className={css['clause']}>
              <Holds is={wanted === got} />
              <code>{flagKey}</code> {step.got(wanted, got ?? words.noVariation)}
            </p>
          ))}
        </Step>
      )}
      {!failed && <Step icon={FlagIcon} title={isOff ? step.off : step.on} isEnd={isOff} />}
      {!isEarly && flag.targets.length > 0 && (
        <Step icon={User} title={isTargeted ? step.targeted : step.notTargeted} isEnd={isTargeted} />
      )}
      {slice && (
        <Step
          icon={PieChart}
          title={step.slice(slice.place)}
          hint={slice.isIn ? step.inSlice : step.outOfSlice}
          isEnd={isOutside}
        />
      )}
      {!isEarly &&
        rules.map(({ ruleId, matched: fits, anyOf }) => {
          const place = flag.rules.findIndex(({ id }) => id === ruleId)
          const name = flag.rules[place]?.name || (place < 0 ? ruleId : targeting.rule(place + 1))
          return (
            <Step
              key={ruleId}
              icon={fits ? Check : Minus}
              title={fits ? step.fits(name) : step.fitsNot(name)}
            >
              {anyOf.map((group, i) => (
                <div key={i}>
                  {i > 0 && <p className={css['or']}>{targeting.or}</p>}
                  {group.map((clause, j) => (
                    <Clause key={j} explained={clause} />
                  ))}
                </div>
              ))}
            </Step>
          )
        })}
      {!isEarly && !isTargeted && !isOutside && !matched && <Step icon={Minus} title={step.otherwise} />}
      {!isEarly && !isTargeted && !isOutside && <Decision flag={flag} result={result} rollout={rollout} />}
    </ol>
  )
}

interface StepProps {
  readonly icon: LucideIcon
  readonly title: string
  readonly hint?: string
  readonly isEnd?: boolean
  readonly children?: ReactNode
}

const Step = ({ icon: Icon, title, hint, isEnd, children }: StepProps) => (
  <li className={css['step']} data-end={isEnd || undefined}>
    <span className={css['dot']}>
      <Icon size={13} aria-hidden />
    </span>
    <div>
      <h3>
        {title} {hint && <small>{hint}</small>}
      </h3>
      {children}
    </div>
  </li>
)

const Holds = ({ is }: { is: boolean }) =>
  is ? (
    <Check size={14} className={css['yes']} aria-label={words.holds} />
  ) : (
    <X size={14} className={css['no']} aria-label={words.holdsNot} />
  )

function Clause({ explained: { clause, found, holds } }: { explained: ExplainedClause }) {
  const { attribute, operator, values, negated } = clause
  const text = typeof found === 'string' ? found : found && listed(found)
  return (
    <p className={css['clause']}>
      <Holds is={holds} />
      {negated && targeting.not}
      {segmentOperators.has(operator) ? targeting.user : <code>{attribute}</code>}
      {` ${targeting.operators[operator]} ${listed(values)}`}
      <span className={css['found']}>
        {text ? (
          <>
            {words.found} <code>{text}</code>
          </>
        ) : (
          !segmentOperators.has(operator) && words.missing
        )}
      </span>
    </p>
  )
}

interface DecisionProps {
  readonly flag: Flag
  readonly result: EvaluatedFlag
  readonly rollout: ExplainedRollout | undefined
}

function Decision({ flag, result, rollout }: DecisionProps) {
  if (!rollout)
    return (
      <Step
        icon={Check}
        title={step.fixed}
        hint={result.variationId ? variationName(flag, result.variationId) : words.noVariation}
        isEnd
      />
    )
  const { bucketBy, audience, bucket, input } = rollout
  const by = bucketBy?.attribute ?? 'targetingKey'
  return (
    <>
      {audience && (
        <Step
          icon={PieChart}
          title={audience.isIn ? step.audience : step.notInAudience}
          hint={words.bucket(percentOf(audience.bucket))}
          isEnd={!audience.isIn}
        />
      )}
      {audience?.isIn !== false && (
        <Step icon={Split} title={step.split(by)} hint={words.bucket(percentOf(bucket))} isEnd>
          <BucketBar flag={flag} rollout={rollout} />
          <p className={css['hash']}>
            {words.hashInput} <code>{input}</code>
          </p>
        </Step>
      )}
    </>
  )
}
