// Who gets what, in the order in which it is asked: prerequisites, individual targets, rules, everyone else.
import { Plus, X } from 'lucide-react'
import { Fragment } from 'react'
import type { Flag } from '../../../core/model/flag.ts'
import { useMay } from '../api/place.ts'
import { isSame } from '../change/changes-between.ts'
import { editing } from '../messages/editing.ts'
import { targeting as words } from '../messages/targeting.ts'
import { Button } from '../ui/button.tsx'
import { ChipsInput } from '../ui/chips-input.tsx'
import { Variation } from '../ui/marks.tsx'
import { Section } from '../ui/page.tsx'
import { FlagSelect } from './clause-editor.tsx'
import { type Draft, moved, newRule, replaced, withDraft, without } from './draft.ts'
import { PrerequisiteVariation } from './prerequisite-variation.tsx'
import { Review } from './review.tsx'
import layout from './review.module.css'
import { RuleEditor, ServedText } from './rule-editor.tsx'
import css from './rules.module.css'
import { StrategyEditor, VariationSelect } from './strategy-editor.tsx'
import { colourOf, variationName } from './text.ts'
import { useDraft } from './use-draft.ts'
import { useFlag } from './use-flag.ts'

const { editor } = editing

interface PartProps {
  readonly base: Flag
  /** With the draft in it. */
  readonly flag: Flag
  readonly canEdit: boolean
  readonly set: (next: Partial<Draft>) => void
}

export default function Targeting() {
  const stored = useFlag()
  const draft = useDraft(stored)
  const canEdit = useMay('editor') && !stored.archived
  const flag = withDraft(draft.edit.base, draft.edit.draft)
  const part = { base: draft.edit.base, flag, canEdit, set: draft.set }
  return (
    <div className={layout['split']}>
      <div className={layout['work']}>
        <Prerequisites {...part} />
        <Targets {...part} />
        <Rules {...part} />
      </div>
      <Review stored={stored} draft={draft} />
    </div>
  )
}

function Prerequisites({ flag, canEdit, set }: PartProps) {
  const { prerequisites } = flag
  const setAll = (next: Flag['prerequisites']) => set({ prerequisites: next })
  return (
    <section>
      <Section title={editor.prerequisites} hint={editor.prerequisitesHint}>
        {canEdit && (
          <Button
            small
            look="ghost"
            onClick={() => setAll([...prerequisites, { flagKey: '', variationId: '' }])}
          >
            <Plus size={13} aria-hidden />
            {editor.addPrerequisite}
          </Button>
        )}
      </Section>
      {prerequisites.map((prerequisite, place) => (
        <div key={place} className={css['clause']}>
          {canEdit ? (
            <FlagSelect
              value={prerequisite.flagKey}
              onChange={(flagKey) => setAll(replaced(prerequisites, place, { flagKey, variationId: '' }))}
            />
          ) : (
            <span className={css['attribute-text']}>{prerequisite.flagKey}</span>
          )}
          <span className={css['word']}>{editor.prerequisiteVariation}</span>
          <PrerequisiteVariation
            prerequisite={prerequisite}
            canEdit={canEdit}
            onChange={(variationId) =>
              setAll(replaced(prerequisites, place, { ...prerequisite, variationId }))
            }
          />
          {canEdit && (
            <Button
              look="ghost"
              small
              icon
              aria-label={editor.remove(prerequisite.flagKey)}
              onClick={() => setAll(without(prerequisites, place))}
            >
              <X size={14} />
            </Button>
          )}
        </div>
      ))}
    </section>
  )
}

function Targets({ flag, canEdit, set }: PartProps) {
  const { targets, variations } = flag
  const keysOf = (id: string) => targets.find(({ variationId }) => variationId === id)?.targetingKeys ?? []
  const shown = variations.filter(({ id }) => canEdit || keysOf(id).length > 0)
  const setKeys = (id: string, targetingKeys: readonly string[]) => {
    const others = targets
      .filter(({ variationId }) => variationId !== id)
      .map((each) => ({
        ...each,
        targetingKeys: each.targetingKeys.filter((key) => !targetingKeys.includes(key)),
      }))
    const next = { variationId: id, targetingKeys: [...targetingKeys] }
    const all = targetingKeys.length > 0 ? [...others, next] : others
    const order = variations.map((each) => each.id)
    set({
      targets: all
        .filter((each) => each.targetingKeys.length > 0)
        .sort((a, b) => order.indexOf(a.variationId) - order.indexOf(b.variationId)),
    })
  }
  return (
    <section>
      <Section title={editor.targets} hint={editor.targetsHint} />
      <div className={css['targets']}>
        {shown.map(({ id }) => {
          const name = variationName(flag, id)
          return (
            <Fragment key={id}>
              <Variation name={name} colour={colourOf(flag, id)} />
              <ChipsInput
                label={editor.targetKeys(name)}
                values={keysOf(id)}
                placeholder={editor.addUser}
                removeLabel={editor.remove}
                disabled={!canEdit}
                onChange={(keys) => setKeys(id, keys)}
              />
            </Fragment>
          )
        })}
      </div>
    </section>
  )
}

function Rules({ base, flag, canEdit, set }: PartProps) {
  const { rules, defaultStrategy, offVariationId } = flag
  const setRules = (next: Flag['rules']) => set({ rules: next })
  const newId = () => crypto.randomUUID()
  return (
    <>
      <section>
        <Section title={editor.rules} hint={editor.rulesHint}>
          {canEdit && (
            <Button small look="ghost" onClick={() => setRules([...rules, newRule(newId(), flag)])}>
              <Plus size={13} aria-hidden />
              {editor.addRule}
            </Button>
          )}
        </Section>
        {rules.length === 0 && <p className={css['word']}>{editor.noRules}</p>}
        {rules.length > 0 && (
          <ol className={css['rules']}>
            {rules.map((rule, place) => {
              const before = base.rules.find(({ id }) => id === rule.id)
              return (
                <RuleEditor
                  key={rule.id}
                  rule={rule}
                  before={before}
                  place={place}
                  count={rules.length}
                  flag={flag}
                  isChanged={!isSame(before, rule)}
                  canEdit={canEdit}
                  onChange={(next) => setRules(replaced(rules, place, next))}
                  onMove={(to) => setRules(moved(rules, place, to))}
                  onCopy={() => setRules(rules.toSpliced(place + 1, 0, { ...rule, id: newId() }))}
                  onRemove={() => setRules(without(rules, place))}
                />
              )
            })}
          </ol>
        )}
      </section>
      <section>
        <Section title={rules.length > 0 ? words.everyone : words.everyoneAlone} />
        {canEdit ? (
          <StrategyEditor
            flag={flag}
            before={base.defaultStrategy.strategy}
            served={defaultStrategy}
            onChange={({ strategy, bucketBy }) => {
              const { bucketBy: _, ...rest } = defaultStrategy
              set({
                defaultStrategy: { ...rest, strategy, ...(bucketBy !== undefined && { bucketBy }) },
              })
            }}
          />
        ) : (
          <ServedText flag={flag} served={defaultStrategy} />
        )}
      </section>
      <section>
        <Section title={words.whenOff} />
        {canEdit ? (
          <VariationSelect
            flag={flag}
            label={editor.offTitle}
            value={offVariationId}
            none={editor.noOffVariation}
            onChange={(id) => set({ offVariationId: id || undefined })}
          />
        ) : (
          <Variation name={variationName(flag, offVariationId)} colour={colourOf(flag, offVariationId)} />
        )}
      </section>
    </>
  )
}
